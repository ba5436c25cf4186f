package io.darex.bench.report;

import static io.darex.bench.report.SampleResults.RESULTS;
import static io.darex.bench.report.SampleResults.SEARCHED;
import static io.darex.bench.report.SampleResults.cell;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.console.BadInputException;
import io.darex.bench.report.Results.Cell;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

/** What people look at: the page, its parts and its pictures. */
class ReportPageTest {
  @TempDir private Path folder;

  /** XML parsers refuse what is not well-formed. */
  static Document xml(String text) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(text)));
  }

  @Test
  void thePageIsSelfContainedAndEscaped() throws Exception {
    Report.write(RESULTS, folder);

    String page = Files.readString(folder.resolve("report.html"));
    assertThat(page).contains("a&lt;b").doesNotContain("a<b", "<script", "<link", "src=", "url(");
    assertThat(page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "")).doesNotContain("http");
    // It happens to be XML too, so that nothing is left open.
    Document document =
        xml(page.replace("<meta charset=\"utf-8\">", "").replaceAll("<meta [^>]*>", ""));
    NodeList pictures = document.getElementsByTagName("svg");
    assertThat(pictures.getLength()).isEqualTo(2);
    for (int i = 0; i < pictures.getLength(); i++) {
      Element picture = (Element) pictures.item(i);
      assertThat(picture.getAttribute("role")).isEqualTo("img");
      String[] names = picture.getAttribute("aria-labelledby").split(" ", -1);
      assertThat(
              picture
                  .getElementsByTagName("title")
                  .item(0)
                  .getAttributes()
                  .getNamedItem("id")
                  .getNodeValue())
          .isEqualTo(names[0]);
      assertThat(picture.getAttribute("width")).as("as wide as there is room").isEmpty();
    }
    for (String picture : List.of("metric-against-bytes", "searched-q-random-at-0.9")) {
      String svg = Files.readString(folder.resolve(picture + ".svg"));
      assertThat(xml(svg).getDocumentElement().getTagName()).isEqualTo("svg");
      assertThat(svg).contains("prefers-color-scheme: dark");
    }
  }

  /** The answer first, then the command, pictures, tables, how it was made, and the files. */
  @Test
  void theReportHasItsParts() throws Exception {
    Made made =
        new Made(
            "2026-11-30",
            "1.0",
            "17",
            "Linux, 2 processors",
            "auto",
            "my base",
            Map.of("base", "b".repeat(64), "tuned", "c".repeat(64)),
            "task: agreement # ``` <b>\n");
    for (Cell cell : RESULTS.cells()) {
      Files.writeString(folder.resolve(cell.file()), "a delta");
    }
    Files.createDirectory(folder.resolve("tuned"));
    Results good =
        RESULTS
            .withCells(List.of(cell("inverse-keep-rate", 0.1, List.of(), 0, 0.8)))
            .withMade(made);
    assertThat(Results.fromJson(good.toJson())).isEqualTo(good);

    Report.write(good, folder);

    String markdown = Files.readString(folder.resolve("report.md"));
    assertThat(
            List.of(
                markdown.indexOf("1 : 50 of the size"),
                markdown.indexOf("darex predict --base 'my base' --delta "),
                markdown.indexOf("## Pictures"),
                markdown.indexOf("(metric-against-bytes.svg)"),
                markdown.indexOf("## Tables"),
                markdown.indexOf("## How it was made"),
                markdown.indexOf("| SHA-256 of base | " + "b".repeat(64)),
                markdown.indexOf("````\ntask: agreement"),
                markdown.indexOf("## Files beside this report")))
        .isSorted()
        .doesNotContain(-1);
    String page = Files.readString(folder.resolve("report.html"));
    assertThat(page).contains("task: agreement # ``` &lt;b&gt;");
    Matcher link = Pattern.compile("href=\"([^\"]+)\"").matcher(page);
    List<String> links = new ArrayList<>();
    while (link.find()) {
      links.add(link.group(1));
      assertThat(folder.resolve(link.group(1))).exists();
    }
    assertThat(links).contains("report.md", "tuned", "x");
    Report.write(good, folder);
    assertThat(folder.resolve("report.html")).as("same input, same bytes").hasContent(page);
  }

  @Test
  void theTrainingIsDrawnLayerByLayer() throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int step = 0; step < 400; step++) {
      lines.append(
          """
          {"iteration":%d,"epoch":0,"loss":%s,"s":0.1,"pull":%s,"layers":{"bert.encoder.layer.1.attention.self.query":{"count":100,"meanAbs":2e-4,"zeroShare":0.5},"bert.encoder.layer.1.output.dense":{"count":300,"meanAbs":4e-4,"zeroShare":0.1},"bert.encoder.layer.10.output.dense":{"count":3,"meanAbs":1e-4,"zeroShare":0},"bert.embeddings.LayerNorm":{"count":3,"meanAbs":1e-4,"zeroShare":0},"bert.pooler.dense":{"count":3,"meanAbs":1e-4,"zeroShare":0}}}
          """
              .formatted(step, step == 7 ? "\"NaN\"" : "0.5", step == 0 ? "0" : "1e-3"));
    }
    Files.writeString(folder.resolve(TrainingLines.FILE), lines);
    TrainingLines read = TrainingLines.read(folder.resolve(TrainingLines.FILE));

    assertThat(read.pictures(false)).hasSize(3);
    List<Block.Picture> pictures = read.pictures(true);
    assertThat(pictures)
        .extracting(Block.Picture::file)
        .containsExactly(
            "training-loss.svg", "training-pull.svg", "training-delta.svg", "training-zeros.svg");
    for (Block.Picture picture : pictures) {
      assertThat(xml(picture.svg())).isNotNull();
      assertThat(picture.svg().length()).isLessThan(20_000);
    }
    assertThat(pictures.get(2).svg())
        .contains("name\">layer 1</text>", "name\">layer 10</text>", "name\">embeddings</text>")
        .contains("name\">pooler.dense</text>");
    Report.write(RESULTS, folder);
    assertThat(folder.resolve("report.md")).content().contains("(training-delta.svg)");

    Files.writeString(folder.resolve(TrainingLines.FILE), "{\"iteration\":\"x\"}");
    assertThatThrownBy(() -> Report.write(RESULTS, folder))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(TrainingLines.FILE);
  }

  @Test
  void theAxisOfAPictureSaysWhatIsDrawn() {
    Row change = Row.of(List.of(cell("q-unlabelled", 0.1, SEARCHED, 0, 0.6))).get(0);
    Row metric = Row.of(List.of(cell("q-labelled", 0.1, SEARCHED, 0, 0.6))).get(0);
    String moved = ">mean squared change of the answers, on train";

    assertThat(searches("random", change)).contains(moved + "<").doesNotContain("accuracy");
    assertThat(searches("random", change, metric))
        .contains(">accuracy on validation<", moved + " (right)<");
    assertThat(searches("random", metric)).contains("as DARE");
    assertThat(searches("magnitude", metric)).doesNotContain("DARE");
  }

  private static String searches(String mask, Row... rows) {
    return Charts.searchedQ("q", "What was seen.", RESULTS, mask, List.of(rows)).svg();
  }
}
