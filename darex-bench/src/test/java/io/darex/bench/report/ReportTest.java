package io.darex.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.bench.report.Results.Epoch;
import io.darex.bench.report.Results.Score;
import io.darex.prune.rescale.Point;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final List<Point> SEARCHED =
      List.of(new Point(0.1, 0.4), new Point(1, Double.NaN), new Point(0.3, 0.5));
  private static final Results RESULTS =
      new Results(
          "job",
          "1.0",
          "a<b",
          "minilm-l6",
          "adamr-l2",
          List.of(new Epoch(1, 0.7, 0.25, 1.5e-4, 12, 6000)),
          3,
          new Score("accuracy", 0.8, 0.75),
          new Score("accuracy", 0.5, 0.45),
          Map.of("majority", new Score("accuracy", 0.51, 0.52)),
          List.of(
              cell("inverse-keep-rate", 0.1, List.of(), 0, 0.6),
              cell("inverse-keep-rate", 0.1, List.of(), 1, 0.7),
              cell("q-labelled", 0.3, SEARCHED, 0, 0.75),
              cell("q-labelled", 0.3, SEARCHED, 1, 0.75)));

  @TempDir private Path folder;

  @BeforeEach
  void leaveTheTrainingsPicture() throws IOException {
    BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(image, "png", folder.resolve(Report.TRAINING).toFile());
  }

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
        .contains("1 epochs. The checkpoint")
        .doesNotContain("tokens a second");
  }

  @Test
  void theMarkdownHasEveryNumberAndItsPictures() throws IOException {
    Report.write(RESULTS, folder);

    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| tuned | accuracy | 0.800 | 0.750 |")
        .contains("| base with the tuned head | accuracy | 0.500 | 0.450 |")
        .contains("| baseline: majority | accuracy | 0.510 | 0.520 |")
        .contains("| 0.9 | inverse-keep-rate | 0.1000 | – | 0.650 ± 0.071 |")
        .contains("| 0.9 | q-labelled | 0.3000 | 1.5 | 0.750 ± 0.000 |")
        .contains("| 0.00 | 1 : 50 | 2 |")
        .contains("| mean \\|Δ\\| |")
        .contains("| 1 | 0.700 | 0.250 | 1.50e-04 | 12 | 500 |")
        .contains("1 epochs of 3, stopped early; 500 tokens a second, padding not counted. The")
        .contains("(metric-against-drop-rate.png)")
        .contains("(searched-q-random-at-0.9.png)");
    for (String picture : List.of("metric-against-drop-rate", "searched-q-random-at-0.9")) {
      assertThat(ImageIO.read(folder.resolve(picture + ".png").toFile())).isNotNull();
    }
  }

  @Test
  void thePageIsSelfContainedAndEscaped() throws IOException {
    Report.write(RESULTS, folder);

    String page = Files.readString(folder.resolve("report.html"));
    assertThat(page).contains("a&lt;b").doesNotContain("a<b").doesNotContain("http");
    Matcher picture = Pattern.compile("src=\"data:image/png;base64,([^\"]+)\"").matcher(page);
    int pictures = 0;
    for (; picture.find(); pictures++) {
      byte[] png = Base64.getDecoder().decode(picture.group(1));
      assertThat(ImageIO.read(new ByteArrayInputStream(png))).isNotNull();
    }
    assertThat(pictures).isEqualTo(3);
  }

  @Test
  void severalFinetunesGiveMeansAndTheSpreadBetweenThem() throws IOException {
    Results second =
        new Results(
            "other",
            "1.0",
            "a<b",
            "minilm-l6",
            "adamr-l2",
            List.of(new Epoch(1, 0.7, 0.25, 1.5e-4, 10, 6000)),
            1,
            new Score("accuracy", 0.9, 0.85),
            new Score("accuracy", 0.5, 0.45),
            Map.of("majority", new Score("accuracy", 0.51, 0.52)),
            List.of(
                cell("inverse-keep-rate", 0.1, List.of(), 0, 0.7),
                cell("inverse-keep-rate", 0.1, List.of(), 1, 0.9),
                cell("q-labelled", 0.5, SEARCHED, 0, 0.75),
                cell("q-labelled", 0.5, SEARCHED, 1, 0.75)));

    Summary.of(new TreeMap<>(Map.of(7L, second, -1L, RESULTS))).write(folder);

    // Between 0.65 and 0.8: 0.15/√2. Within: √((0.005 + 0.02)/2).
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("| -1 | seed--1 | 0.800 | 0.750 | 1 of 3 | 12 | 500 |")
        .contains("| 7 | seed-7 | 0.900 | 0.850 | 1 | 10 | 600 |")
        .contains("| tuned | 0.850 ± 0.071 | 0.800 ± 0.071 |")
        .contains("| baseline: majority | 0.510 ± 0.000 | 0.520 ± 0.000 |")
        .contains("| 0.9 | inverse-keep-rate | 0.1000 ± 0.0 | 0.725 ± 0.106 | 0.112 |")
        .contains("| 0.9 | q-labelled | 0.4000 ± 0.14 | 0.750 ± 0.000 | 0.000 |");
    JsonNode json = new ObjectMapper().readTree(folder.resolve("results.json").toFile());
    assertThat(json.at("/finetunes/1/tokensPerSecond").asDouble()).isEqualTo(600);
    assertThat(json.at("/unpruned/0/value/mean").asDouble()).isCloseTo(0.85, within(1e-12));
    assertThat(json.at("/pruned/0/maskStd").asDouble()).isCloseTo(0.1118034, within(1e-6));
    assertThat(folder.resolve("report.html")).content().contains("a&lt;b").doesNotContain("a<b");
  }

  private static Cell cell(
      String rescale, double q, List<Point> searched, long seed, double value) {
    boolean found = searched.isEmpty();
    return new Cell(
        0.9,
        rescale,
        Map.of("mask", Map.of("kind", "random"), "rescale", Map.of("name", rescale)),
        q,
        searched,
        found ? Cost.NOTHING : new Cost(30, 0, 1.5),
        seed,
        "accuracy",
        value,
        value,
        2000,
        100_000,
        "x");
  }
}
