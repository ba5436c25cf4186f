package io.darex.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.report.Results.Cell;
import io.darex.bench.report.Results.Cost;
import io.darex.bench.report.Results.Score;
import io.darex.bench.report.Row.Spread;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AnswerTest {
  private static final double UNPRUNED = 0.8;

  @TempDir private Path folder;

  private static FileLoss file(String method, double bytes, double loss) {
    return new FileLoss(
        method,
        bytes,
        1e6,
        new Spread(UNPRUNED - loss, 0.01, 2),
        new Spread(loss, 0.01, 2),
        Double.NaN,
        List.of(method + bytes));
  }

  private static Answer answer(FileLoss... tried) {
    return new Answer("base", "accuracy", List.of(tried), UNPRUNED, 0.5, "mask seeds");
  }

  @Test
  void theSmallestIsTheOneOfFewestBytesThatLosesAtMostAPoint() {
    FileLoss large = file("a", 9000, -0.002);
    FileLoss good = file("a", 4000, 0.80 - 0.79);
    FileLoss bad = file("a", 2000, 0.0101);
    FileLoss worse = file("a", 1000, 0.005 + SmallestFile.POINT);
    FileLoss other = file("b", 3000, 0.3);
    List<FileLoss> tried = List.of(worse, other, large, bad, good);

    assertThat(0.80 - 0.79).isGreaterThan(SmallestFile.POINT);
    SmallestFile smallest = SmallestFile.among(tried).orElseThrow();
    assertThat(smallest.file()).isEqualTo(good);
    assertThat(smallest.nextSmaller()).as("of the same method").contains(bad);
    assertThat(SmallestFile.best(tried)).contains(large);
    assertThat(SmallestFile.among(List.of(large, other)).orElseThrow().nextSmaller()).isEmpty();
  }

  @Test
  void ofEqualSizesTheOneThatLosesLeast() {
    FileLoss less = file("b", 4000, 0.001);
    List<FileLoss> tried = List.of(file("a", 4000, 0.002), less, file("c", 4000, 0.003));

    assertThat(SmallestFile.among(tried).orElseThrow().file()).isEqualTo(less);
  }

  @Test
  void whatHasNoScoreIsNeitherSmallestNorBest() {
    FileLoss none = file("a", 100, Double.NaN);

    assertThat(SmallestFile.among(List.of(none))).isEmpty();
    assertThat(SmallestFile.best(List.of(none))).isEmpty();
    assertThat(SmallestFile.best(List.of(none, file("a", 200, 0.5)))).isPresent();
    assertThat(answer(none).sentence())
        .isEqualTo("No file tried has a score: outputs are not finite.");
    assertThat(answer(none).picture()).isEmpty();
    assertThat(answer(none).lead(folder)).noneMatch(Block.Code.class::isInstance);
    assertThat(answer(none, file("a", 200, 0)).doubt())
        .contains("the next smaller file of it, 100 B, has no score");
  }

  @Test
  void saysItInASentence() {
    Answer answer = answer(file("a", 4000, -0.00001), file("a", 2000, 0.023));
    assertThat(answer.sentence())
        .isEqualTo(
            "1 : 250 of the size (4.00 KB in place of 1.00 MB) changes accuracy by 0.0 ± 1.0"
                + " points, from 0.800 to 0.800. Use a4000.0.");
    assertThat(answer.doubt())
        .startsWith(
            "This is S1, the smallest file tried that loses at most one point: a; the next smaller"
                + " file of it, 2.00 KB, changes it by −2.3 ± 1.0. A point is 0.01 of accuracy")
        .contains("± is one standard deviation over mask seeds. ");
    assertThat(answer(file("a", 4000, 0)).doubt())
        .contains("; no smaller file of this method was tried. ");
    assertThat(answer(file("a", 4000, 0.05), file("b", 2000, 0.04)).sentence())
        .isEqualTo(
            "No file tried loses at most one point. The one that loses least: 1 : 500 of the size"
                + " (2.00 KB in place of 1.00 MB) changes accuracy by −4.0 ± 1.0 points, from 0.800"
                + " to 0.760.");
    assertThat(answer().lead(folder)).isEmpty();
  }

  /** Of one seed the interval is that over the texts, where it was measured. */
  @Test
  void saysOfWhatTheIntervalIs() {
    FileLoss once =
        new FileLoss(
            "a", 4000, 1e6, new Spread(.8, 0, 1), new Spread(0, 0, 1), Double.NaN, List.of("f"));
    assertThat(answer(once).doubt()).contains("Each file was made once, so that no interval");
    assertThat(answer(once).sentence()).contains("by 0.0 points").doesNotContain("±");
    FileLoss measured =
        new FileLoss(
            "a", 4000, 1e6, new Spread(.803, 0, 1), new Spread(-.003, 0, 1), .006, List.of("f"));
    assertThat(answer(measured).sentence()).contains("by +0.3 ± 0.6 points");
    assertThat(answer(measured).doubt())
        .contains("± is half of the 95 % interval over other texts (a paired bootstrap of dev).");
  }

  @Test
  void thenComesTheCommandAndAWarningWhereTheFineTuneIsWorthNothing() {
    Answer answer = answer(file("it's $a", 4000, 0));
    assertThat(answer.lead(folder).get(1).markdown())
        .isEqualTo(
            "```\ndarex predict --base base --delta '%1$s/it'\\''s $a4000.0'\ndarex apply --base"
                    .formatted(folder)
                + " base --delta '%1$s/it'\\''s $a4000.0' --out MODEL\n```\n\n".formatted(folder));
    assertThat(answer.lead(folder)).hasSize(3);
    Answer nothing = new Answer("base", "accuracy", answer.tried(), 0.5, 0.5, "mask seeds");
    assertThat(nothing.lead(folder).get(3).markdown())
        .startsWith("Careful: the tuned model (0.500) is not above the base with the tuned head");
  }

  @Test
  void theTableHasTheMethodOfTheSmallestFileFirst() {
    Answer answer = answer(file("a", 400, 0.05), file("b", 5e5, 0), file("c", 2e4, 0));

    assertThat(answer.table().markdown().lines().skip(2))
        .containsExactly(
            "| c | 20.0 KB | 1 : 50 | 0.0 ± 1.0 | – | – | c20000.0 |",
            "| b | 500 KB | 1 : 2 | 0.0 ± 1.0 | – | – | b500000.0 |",
            "| a | none; best 400 B | 1 : 2500 | −5.0 ± 1.0 | – | – | a400.0 |",
            "");
  }

  @Test
  void thePictureHasALineForEachMethodTheLevelsAndS1() {
    String svg =
        answer(
                file("a", 4e5, 0.002),
                file("a", 2e4, 0.3),
                file("b", 4e5, 0.008),
                file("b", 1e3, Double.NaN))
            .picture()
            .orElseThrow()
            .svg();

    assertThat(svg)
        .contains("unpruned 0.800", "nothing kept 0.500", ">S1 400 KB<", ">100 KB<")
        .contains("<title>a, 20.0 KB: 0.500 ± 0.010</title>")
        .contains("<title>b, 400 KB: 0.792 ± 0.010</title>")
        .as("what has no score is left out")
        .doesNotContain("b, 1.00 KB", "NaN");
  }

  @Test
  void sizesOfAxesHaveUnitsAndNoZeros() {
    assertThat(List.of(20e3, 500e3, 1e6, 1e7, 100.0, 2e9, 1.25e6))
        .extracting(Charts::size)
        .containsExactly("20 KB", "500 KB", "1 MB", "10 MB", "100 B", "2 GB", "1.25 MB");
  }

  private static Results results(double tuned, List<Cell> cells) {
    return Results.builder()
        .job("job")
        .version("1.0")
        .task("task")
        .encoder("minilm-l6")
        .optimizer(Results.GIVEN)
        .training(List.of())
        .plannedEpochs(0)
        .tuned(new Score("accuracy", tuned, tuned))
        .base(new Score("accuracy", 0.5, 0.5))
        .baselines(Map.of())
        .cells(cells)
        .build();
  }

  private static Cell cell(Map<String, Object> recipe, double dropRate, long seed, double value) {
    return Cell.builder()
        .dropRate(dropRate)
        .method("magnitude none")
        .recipe(recipe)
        .q(1)
        .searched(List.of())
        .cost(Cost.NOTHING)
        .seed(seed)
        .metric("accuracy")
        .value(value)
        .validation(value)
        .bytes(200_000)
        .denseBytes(2_000_000)
        .file("deltas/" + seed)
        .build();
  }

  private static Map<String, Object> ofSize(int bytes) {
    return Map.of("mask", "magnitude", "rescale", "none", "bytes", bytes);
  }

  private static Map<String, Object> ofDropRate(double rate) {
    return Map.of("mask", "magnitude", "rescale", "none", "dropRate", rate);
  }

  /** Two fine-tunes of which both lose .004, though their scores are .1 apart. */
  @Test
  void lossIsPairedByFinetune() {
    TreeMap<Long, Results> bySeed = new TreeMap<>();
    bySeed.put(
        0L,
        results(
            0.8,
            List.of(cell(ofSize(200_000), 0.97, 0, 0.790), cell(ofSize(200_000), 0.97, 1, 0.802))));
    bySeed.put(
        1L,
        results(
            0.9,
            List.of(cell(ofSize(200_000), 0.98, 0, 0.896), cell(ofSize(200_000), 0.98, 1, 0.896))));

    List<FileLoss> files = FileLoss.of(bySeed, Map.of(0L, "seed-0", 1L, "seed-1"));

    assertThat(files).as("one recipe, though the drop rates differ").hasSize(1);
    FileLoss file = files.get(0);
    assertThat(file.loss().mean()).isCloseTo(0.004, within(1e-12));
    assertThat(file.loss().std()).isCloseTo(0, within(1e-12));
    assertThat(file.loss().count()).isEqualTo(2);
    assertThat(file.value().std()).isCloseTo(0.1 / Math.sqrt(2), within(1e-12));
    assertThat(file.files())
        .containsExactly(
            "seed-0/deltas/0", "seed-0/deltas/1", "seed-1/deltas/0", "seed-1/deltas/1");
  }

  @Test
  void theReportsSayIt() throws IOException {
    List<Cell> cells = new ArrayList<>();
    cells.add(cell(ofSize(200_000), 0.97654321, 0, 0.795));
    cells.add(cell(ofDropRate(0.9), 0.9, 0, 0.7));
    Report.write(results(0.8, cells), folder);

    assertThat(folder.resolve("report.md"))
        .content()
        .contains("1 : 10 of the size (200 KB in place of 2.00 MB) changes accuracy by −0.5 points")
        .contains("| magnitude none | 200 KB | 1 : 10 | 0.9765 | 1.000 | – | 0.795 | −0.5 |")
        .contains("The drop rate is of the entries that changed where the mask is magnitude:")
        .doesNotContain("metric-against-drop-rate");

    cells.add(cell(ofDropRate(0.99), 0.99, 0, 0.6));
    Report.write(results(0.8, cells), folder);
    assertThat(folder.resolve("report.md")).content().contains("(metric-against-drop-rate.svg)");
    String page = Files.readString(folder.resolve("report.html"));
    assertThat(page.indexOf("against the size")).isLessThan(page.indexOf("against the drop rate"));

    Results second = results(0.9, List.of(cell(ofSize(200_000), 0.97, 0, 0.896)));
    Summary.of(new TreeMap<>(Map.of(0L, results(0.8, cells.subList(0, 1)), 1L, second)))
        .write(folder);
    assertThat(folder.resolve("report.md"))
        .content()
        .contains("by −0.5 ± 0.1 points")
        .contains("| seed-0/deltas/0 and 1 of other seeds |")
        .contains("over fine-tunes, each against its own unpruned model")
        .contains("| magnitude none | 200 KB | 0.9733 |");
    assertThat(folder.resolve("results.json")).content().doesNotContain("loss", "files");
  }
}
