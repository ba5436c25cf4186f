package io.darex.bench.report;

import static io.darex.bench.report.SampleResults.RESULTS;
import static io.darex.bench.report.SampleResults.SEARCHED;
import static io.darex.bench.report.SampleResults.cell;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
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
}
