package io.darex.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.console.BadInputException;
import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import io.darex.prune.rescale.Point;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class ReportTest {
  private static final List<Point> SEARCHED =
      List.of(new Point(0.1, 0.4), new Point(1, Double.NaN), new Point(0.3, 0.5));
  private static final Results RESULTS =
      Results.builder()
          .job("job")
          .version("1.0")
          .task("a<b")
          .encoder("minilm-l6")
          .optimizer("adamr-l2")
          .training(List.of(new Epoch(1, 0.7, 0.25, 1.5e-4, 12, 6000)))
          .plannedEpochs(3)
          .tuned(new Score("accuracy", 0.8, 0.75))
          .base(new Score("accuracy", 0.5, 0.45))
          .baselines(Map.of("majority", new Score("accuracy", 0.51, 0.52)))
          .cells(
              List.of(
                  cell("inverse-keep-rate", 0.1, List.of(), 0, 0.6),
                  cell("inverse-keep-rate", 0.1, List.of(), 1, 0.7),
                  cell("q-labelled", 0.3, SEARCHED, 0, 0.75),
                  cell("q-labelled", 0.3, SEARCHED, 1, 0.75)))
          .build();

  @TempDir private Path folder;

  @Test
  void rowsAreMeansAndSampleDeviationsOverSeeds() {
    List<Row> rows = Row.of(RESULTS.cells());

    assertThat(rows).hasSize(2);
    assertThat(rows.get(0).value().mean()).isCloseTo(0.65, within(1e-12));
    // √(((0.6 − 0.65)² + (0.7 − 0.65)²) / (2 − 1))
    assertThat(rows.get(0).value().std()).isCloseTo(0.0707107, within(1e-6));
    assertThat(rows.get(1).value()).hasToString("0.750 ± 0.000");
  }

  @Test
  void resultsSurviveJson() throws IOException {
    assertThat(Results.fromJson(RESULTS.toJson())).isEqualTo(RESULTS);
  }

  /** A version that did not count tokens left neither them nor the planned epochs. */
  @Test
  void resultsOfAnOlderVersionAreReadAndReported() throws IOException {
    String old = RESULTS.toJson().replaceAll(",\\s*\"tokens\" : 6000", "");
    old = old.replaceAll("\"plannedEpochs\" : 3,", "");
    assertThat(old).doesNotContain("tokens").doesNotContain("plannedEpochs");

    Results read = Results.fromJson(old);
    Report.write(read, folder);

    assertThat(read.tuned()).isEqualTo(RESULTS.tuned());
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| 1 | 0.700 | 0.250 | 1.50e-04 | 12 | – |")
        .contains("1 epoch. The checkpoint")
        .doesNotContain("tokens a second");
  }

  @Test
  void theMarkdownHasEveryNumberAndItsPictures() throws IOException {
    Report.write(RESULTS, folder);

    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| tuned | accuracy | 0.800 | 0.750 |")
        .contains("| nothing kept: base with the tuned head | accuracy | 0.500 | 0.450 |")
        .contains(
            "| nothing kept: base with the tuned head | – | – | 1 | – | – | 0.500 | −30.0 | 0.450"
                + " |")
        .contains("| baseline: majority | accuracy | 0.510 | 0.520 |")
        .contains(
            "| inverse-keep-rate | 2.00 KB | 1 : 50 | 0.9 | 0.1000 | – | 0.650 ± 0.071 | −15.0 ±"
                + " 7.1 |")
        .contains(
            "| q-labelled | 2.00 KB | 1 : 50 | 0.9 | 0.3000 | 1.5 | 0.750 ± 0.000 | −5.0 ± 0.0 |")
        .contains("| mean \\|Δ\\| |")
        .contains("| 1 | 0.700 | 0.250 | 1.50e-04 | 12 | 500 |")
        .contains("1 epochs of 3, stopped early; 500 tokens a second, padding not counted. The")
        .startsWith("# darex: a&lt;b on minilm-l6\n\n**No file tried loses at most one point.")
        .contains("(metric-against-bytes.svg)")
        .doesNotContain("metric-against-drop-rate")
        .contains("(searched-q-random-at-0.9.svg)");
  }

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
  void severalFinetunesGiveMeansAndTheSpreadBetweenThem() throws IOException {
    Results second =
        Results.builder()
            .job("other")
            .version("1.0")
            .task("a<b")
            .encoder("minilm-l6")
            .optimizer("adamr-l2")
            .training(List.of(new Epoch(1, 0.7, 0.25, 1.5e-4, 10, 6000)))
            .plannedEpochs(1)
            .tuned(new Score("accuracy", 0.9, 0.85))
            .base(new Score("accuracy", 0.5, 0.45))
            .baselines(Map.of("majority", new Score("accuracy", 0.51, 0.52)))
            .cells(
                List.of(
                    cell("inverse-keep-rate", 0.1, List.of(), 0, 0.7),
                    cell("inverse-keep-rate", 0.1, List.of(), 1, 0.9),
                    cell("q-labelled", 0.5, SEARCHED, 0, 0.75),
                    cell("q-labelled", 0.5, SEARCHED, 1, 0.75)))
            .build();

    Summary.of(new TreeMap<>(Map.of(7L, second, -1L, RESULTS))).write(folder);

    // Between 0.65 and 0.8: 0.15/√2. Within: √((0.005 + 0.02)/2).
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| -1 | seed--1 | 0.800 | 0.750 | 1 of 3 | 12 | 500 |")
        .contains("| 7 | seed-7 | 0.900 | 0.850 | 1 | 10 | 600 |")
        .contains("| tuned | 0.850 ± 0.071 | 0.800 ± 0.071 |")
        .contains("| baseline: majority | 0.510 ± 0.000 | 0.520 ± 0.000 |")
        .contains("| inverse-keep-rate | 2.00 KB | 0.9 | 0.1000 ± 0.0 | 0.725 ± 0.106 | 0.112 |")
        .contains("| q-labelled | 2.00 KB | 0.9 | 0.4000 ± 0.14 | 0.750 ± 0.000 | 0.000 |");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("results.json").toFile());
    assertThat(json.at("/finetunes/1/tokensPerSecond").asDouble()).isEqualTo(600);
    assertThat(json.at("/unpruned/0/value/mean").asDouble()).isCloseTo(0.85, within(1e-12));
    assertThat(json.at("/pruned/0/maskStd").asDouble()).isCloseTo(0.1118034, within(1e-6));
    assertThat(folder.resolve("report.html")).content().contains("a&lt;b").doesNotContain("a<b");
  }

  private String head(Results results) throws IOException {
    Report.write(results, folder);
    return Files.readAllLines(folder.resolve("report.md")).stream()
        .filter(line -> line.startsWith("Fine-tuned") || line.startsWith("The tuned checkpoint"))
        .findFirst()
        .orElseThrow();
  }

  private static Results given(Results results, List<Cell> cells) {
    return Results.builder()
        .job(results.job())
        .version(results.version())
        .task(results.task())
        .encoder(results.encoder())
        .optimizer(Results.GIVEN)
        .training(List.of())
        .plannedEpochs(0)
        .tuned(results.tuned())
        .base(results.base())
        .baselines(results.baselines())
        .cells(cells)
        .build();
  }

  @Test
  void saysWhichTextsWereLookedAt() throws IOException {
    assertThat(head(RESULTS))
        .isEqualTo(
            "Fine-tuned with adamr-l2. The q of q-labelled was searched on validation, which is"
                + " held out of train. The column dev was never searched or tuned on; validation"
                + " chose the epoch. Values are mean ± standard deviation over mask seeds.");
    Cell unlabelled = cell("q-unlabelled", 0.1, SEARCHED, 0, 0.6);
    assertThat(head(RESULTS.withCells(List.of(unlabelled))))
        .contains("Looking at texts of train without their labels: q-unlabelled.")
        .contains("Values are of one mask seed.")
        .doesNotContain("searched on validation");
    Cell plain = cell("none", 1, List.of(), 0, 0.6);
    assertThat(head(RESULTS.withCells(List.of(plain))))
        .contains("No q was searched and no text looked at to prune.");
    assertThat(head(given(RESULTS, List.of(plain))))
        .contains("what it was tuned on is not known here")
        .doesNotContain("never", "Fine-tuned");
  }

  @Test
  void whatPruningDestroyedHasNoScore() throws IOException {
    List<Cell> cells =
        List.of(
            cell("none", 1, List.of(), 0, 0.6),
            cell("inverse-keep-rate", 0.1, List.of(), 0, 0.5),
            cell("inverse-keep-rate", 0.1, List.of(), 1, Double.NaN));
    Results results = RESULTS.withCells(cells);
    assertThat(Results.fromJson(results.toJson())).isEqualTo(results);
    Report.write(results, folder);
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| outputs not finite | outputs not finite | outputs not finite |")
        .contains("| 0.600 | −20.0 | 0.600 |")
        .doesNotContain("NaN");
    Summary.of(new TreeMap<>(Map.of(0L, results))).write(folder);
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| outputs not finite | – | outputs not finite |")
        .doesNotContain("NaN");

    CandidateResult trial = CandidateResult.done(3, Map.of(), List.of(results));
    assertThat(trial.isDone()).isFalse();
    assertThat(trial.failed()).isEqualTo("outputs of a pruned model are NaN or infinite");
    assertThat(CandidateResult.done(3, Map.of(), List.of(RESULTS)).isDone()).isTrue();
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

  @Test
  void oneSeedHasNoSpreadAndTensorsHaveTheirOwnQ() throws IOException {
    Cell one = cell("none", 1, List.of(), 0, 0.6);
    Cell layers =
        Cell.builder()
            .dropRate(0.9)
            .method("q-labelled layer")
            .recipe(one.recipe())
            .q(0.1)
            .qRange(List.of(0.2, 0.5))
            .searched(List.of())
            .cost(Cost.NOTHING)
            .seed(0)
            .metric("accuracy")
            .value(0.7)
            .validation(0.7)
            .bytes(1)
            .denseBytes(2)
            .file("y")
            .build();

    Report.write(RESULTS.withCells(List.of(one, layers)), folder);
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| none | 2.00 KB | 1 : 50 | 0.9 | 1.000 | – | 0.600 | −20.0 | 0.600 |")
        .contains(
            "| q-labelled layer | 1 B | 1 : 2 | 0.9 | 0.2000 to 0.5000 | – | 0.700 | −10.0 | 0.700"
                + " |")
        .doesNotContain("± 0.000");

    Results given = given(RESULTS, List.of(one));
    Summary.of(new TreeMap<>(Map.of(0L, given, 1L, given))).write(folder);
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("The tuned checkpoint was given; the seeds choose the train/validation split")
        .contains("| 0 | seed-0 | 0.800 | 0.750 | 0 | – | – |")
        .contains("| none | 2.00 KB | 0.9 | 1.000 ± 0.0 | 0.600 ± 0.000 | – |")
        .doesNotContain("NaN", "Fine-tuned with given");
  }

  /** One name was once given to recipes that differ in their search seeds or their file of q's. */
  @Test
  void recipesThatDifferAreTwoRows() {
    Cell first = cell("q-labelled", 0.1, SEARCHED, 0, 0.6);
    Map<String, Object> recipe = new TreeMap<>(first.recipe());
    recipe.put("rescale", Map.of("name", "q-labelled", "seeds", List.of("7")));
    Cell other =
        Cell.builder()
            .dropRate(0.9)
            .method("q-labelled")
            .recipe(recipe)
            .q(0.3)
            .qRange(List.of())
            .searched(SEARCHED)
            .cost(Cost.NOTHING)
            .seed(0)
            .metric("accuracy")
            .value(0.9)
            .validation(0.9)
            .bytes(1)
            .denseBytes(2)
            .file("y")
            .build();

    assertThat(Row.of(List.of(first, other))).hasSize(2);
  }

  @Test
  void whatIsNoResultsIsRefusedInOneLine() throws IOException {
    Path file = folder.resolve("results.json");
    for (String broken :
        List.of("", "null", "[]", "{}", "{\"cells\": [{}]}", RESULTS.toJson() + "x")) {
      Files.writeString(file, broken);
      assertThatThrownBy(() -> Results.read(file))
          .as(broken)
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(file + ":")
          .hasMessageContaining("expected the results of a darex run");
    }
  }

  private static Cell cell(
      String rescale, double q, List<Point> searched, long seed, double value) {
    boolean found = searched.isEmpty();
    return Cell.builder()
        .dropRate(0.9)
        .method(rescale)
        .recipe(Map.of("mask", "random", "rescale", rescale))
        .q(q)
        .qRange(List.of())
        .searched(searched)
        .cost(found ? Cost.NOTHING : new Cost(30, 1.5))
        .seed(seed)
        .metric("accuracy")
        .value(value)
        .validation(value)
        .bytes(2000)
        .denseBytes(100_000)
        .file("x")
        .build();
  }
}
