package io.darex.bench.report;

import io.darex.bench.chart.Axis;
import io.darex.bench.chart.Axis.Tick;
import io.darex.bench.chart.Chart;
import io.darex.bench.chart.Chart.Level;
import io.darex.bench.chart.Series;
import io.darex.bench.chart.Series.Point;
import io.darex.bench.chart.Series.Style;
import io.darex.bench.console.Size;
import io.darex.bench.report.Block.Picture;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The pictures of a run and of a selection. */
public final class Charts {
  private static final String UNLABELLED = "q-unlabelled";
  private static final String CHANGE = "mean squared change of the answers, on train";
  private static final Set<String> SEARCHES = Set.of("q-labelled", UNLABELLED);

  private Charts() {}

  /** A picture under the name of its file, without ending. */
  static Picture picture(String name, String caption, Function<Chart.ChartBuilder, Chart> drawn) {
    Chart chart = drawn.apply(Chart.builder().id(name).title(caption.split("[;.:]", 2)[0]));
    return new Picture(name + ".svg", caption, chart.svg());
  }

  /** {@code 20 KB}: a size without zeros behind the point. */
  static String size(double bytes) {
    return Size.text(Math.round(bytes)).replaceFirst("\\.0+ ", " ");
  }

  /** A line for each method, in the order in which they come; its points from left to right. */
  private static <T> List<Series> lines(
      List<T> all, Function<T, String> method, Function<T, Point> point) {
    Map<String, List<Point>> byMethod =
        all.stream()
            .collect(
                Collectors.groupingBy(
                    method,
                    LinkedHashMap::new,
                    Collectors.mapping(point, Collectors.toCollection(ArrayList::new))));
    List<Series> lines = new ArrayList<>();
    byMethod.forEach(
        (name, points) -> {
          points.sort(Comparator.comparingDouble(Point::x));
          lines.add(new Series(name, Style.LINE, lines.size(), points));
        });
    return lines;
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  private static List<Level> levels(double unpruned, double base) {
    List<Level> levels = new ArrayList<>();
    if (Double.isFinite(unpruned)) {
      levels.add(new Level("unpruned " + digits(unpruned), unpruned, false));
    }
    if (Double.isFinite(base)) {
      levels.add(new Level("nothing kept " + digits(base), base, false));
    }
    return levels;
  }

  private static Axis metric(String title, List<Point> points, List<Level> levels) {
    List<Double> values = new ArrayList<>();
    points.forEach(point -> values.add(point.y() - point.error()));
    points.forEach(point -> values.add(point.y() + point.error()));
    levels.forEach(level -> values.add(level.at()));
    return Axis.linear(title, values);
  }

  /**
   * The metric on dev against the bytes of the file: one line a method, S1 marked.
   *
   * @param answer of which at least one file has a score
   */
  static Picture metricAgainstBytes(Answer answer, String caption) {
    List<FileLoss> scored = answer.tried().stream().filter(FileLoss::isScored).toList();
    List<Series> series = lines(scored, FileLoss::method, Charts::point);
    List<Level> levels = levels(answer.unpruned(), answer.base());
    List<Point> points = points(series, false);
    Axis bytes = Axis.log("size of the file", scored.stream().map(FileLoss::bytes).toList());
    Optional<Level> smallest =
        SmallestFile.among(scored)
            .map(each -> each.file().bytes())
            .map(each -> new Level("S1 " + Answer.size(each), each, true));
    return picture(
        Answer.PICTURE,
        caption,
        chart ->
            chart
                .description(
                    "Further left is smaller, further up is better. S1 is the smallest file that"
                        + " loses at most one point.")
                .x(bytes.withWords(Charts::size))
                .y(metric(answer.metric() + " on dev", points, levels))
                .series(series)
                .levels(levels)
                .levels(smallest.stream().toList())
                .build());
  }

  private static Point point(FileLoss file) {
    return new Point(
        file.bytes(),
        file.value().mean(),
        file.interval().orElse(0),
        file.method() + ", " + Answer.size(file.bytes()) + ": " + file.value());
  }

  /**
   * The metric on dev against the drop rate p, one line a method, with the spread over seeds. The
   * axis is 1/(1 − p), logarithmic, so that .9, .99 and .999 stand equally far apart.
   *
   * @param rows with a score, at least one
   */
  static Picture metricAgainstDropRate(
      String name, String caption, Results results, List<Row> rows) {
    List<Series> series =
        lines(
            rows,
            Row::method,
            row ->
                new Point(
                    1 / (1 - row.dropRate()),
                    row.value().mean(),
                    row.value().std(),
                    row.method() + ", " + row.target() + ": " + row.value()));
    List<Level> levels = levels(results.tuned().value(), results.base().value());
    List<Point> points = points(series, false);
    List<Tick> rates =
        rows.stream()
            .map(Row::dropRate)
            .distinct()
            .sorted()
            .map(rate -> new Tick(1 / (1 - rate), Row.dropRateWords(rate)))
            .toList();
    return picture(
        name,
        caption,
        chart ->
            chart
                .description("Further right less is kept; the rates that were tried are named.")
                .x(Axis.at("drop rate", true, rates))
                .y(metric(results.tuned().metric() + " on dev", points, levels))
                .series(series)
                .levels(levels)
                .build());
  }

  /** Whether its points can be drawn against q. */
  static boolean isSearch(Row row) {
    return SEARCHES.contains(row.rescale()) && !searched(row, 1).isEmpty();
  }

  private static List<Point> searched(Row row, int sign) {
    return row.searched().stream()
        .filter(point -> Double.isFinite(point.score()) && point.q() > 0)
        .sorted(Comparator.comparingDouble(io.darex.prune.rescale.Point::q))
        .map(
            point ->
                new Point(
                    point.q(),
                    sign * point.score(),
                    String.format(Locale.ROOT, "q %.4g: %.4g", point.q(), sign * point.score())))
        .toList();
  }

  /**
   * Of one drop rate or size, the metric on validation (left axis) and the change of the output
   * (right, or left where it is alone) against q: the paper's Figure 1.
   *
   * @param rows of {@linkplain #isSearch searches}; at least one
   */
  static Picture searchedQ(
      String name, String caption, Results results, String mask, List<Row> rows) {
    boolean labelled = rows.stream().anyMatch(row -> !isChange(row));
    List<Series> series = new ArrayList<>();
    for (Row row : rows) {
      boolean right = labelled && isChange(row);
      List<Point> points = searched(row, isChange(row) ? -1 : 1);
      String said = row.method() + (right ? " (right)" : "");
      series.add(new Series(said, Style.LINE, series.size(), right, points));
    }
    List<Level> levels =
        labelled ? levels(results.tuned().validation(), results.base().validation()) : List.of();
    String title = labelled ? results.tuned().metric() + " on validation" : CHANGE;
    List<Double> qs =
        series.stream().flatMap(each -> each.points().stream()).map(Point::x).toList();
    return picture(
        name,
        caption,
        chart ->
            chart
                .description("What each search saw at every q that it tried.")
                .x(
                    Axis.log(
                        mask.equals("random") ? "q (leftmost: 1 − drop rate, as DARE)" : "q", qs))
                .y(metric(title, points(series, false), levels))
                .right(
                    series.stream().anyMatch(Series::right)
                        ? metric(CHANGE + " (right)", points(series, true), List.of())
                        : null)
                .series(series)
                .levels(levels)
                .build());
  }

  private static List<Point> points(List<Series> series, boolean right) {
    return series.stream()
        .filter(each -> each.right() == right)
        .flatMap(each -> each.points().stream())
        .toList();
  }

  /** Whether it was searched without labels. */
  static boolean isChange(Row row) {
    return row.rescale().equals(UNLABELLED);
  }

  /**
   * Scores with their intervals, and the unpruned model's score.
   *
   * @param metric what the scores are
   * @param names of what was scored, in the order of the picture
   * @param widths half of each score's 95 % interval
   */
  public static Picture intervals(
      String metric,
      List<String> names,
      List<Double> values,
      List<Double> widths,
      OptionalDouble unpruned) {
    List<Point> points =
        IntStream.range(0, names.size())
            .mapToObj(
                i ->
                    new Point(
                        values.get(i),
                        i,
                        widths.get(i),
                        names.get(i)
                            + ": "
                            + digits(values.get(i))
                            + " ± "
                            + digits(widths.get(i))))
            .toList();
    List<Double> seen = new ArrayList<>();
    points.forEach(
        point -> seen.addAll(List.of(point.x() - point.error(), point.x() + point.error())));
    unpruned.ifPresent(seen::add);
    return picture(
        "candidates",
        "Candidates with 95 % intervals, best first.",
        chart ->
            chart
                .description("Further right is better; intervals that overlap may be one score.")
                .x(Axis.linear(metric, seen))
                .y(Axis.names("", names))
                .add(new Series("", Style.POINTS, 0, points))
                .levels(
                    unpruned.stream()
                        .mapToObj(each -> new Level("unpruned " + digits(each), each, true))
                        .toList())
                .build());
  }

  /** A file of some size and what it loses, with half of its interval. */
  public record Lost(String method, double bytes, double loss, double width) {}

  /**
   * Losses of files of several sizes, with their intervals.
   *
   * @param metric that is lost
   * @param files smallest first
   * @param tolerance a level to compare with
   * @param chosen the size that was chosen
   */
  public static Picture lossAgainstBytes(
      String metric, List<Lost> files, double tolerance, double chosen) {
    List<Series> series =
        lines(
            files,
            Lost::method,
            each ->
                new Point(
                    each.bytes(),
                    each.loss(),
                    each.width(),
                    String.format(
                        Locale.ROOT,
                        "%s: loss %.4f ± %.4f",
                        size(each.bytes()),
                        each.loss(),
                        each.width())));
    List<Level> levels = List.of(new Level("tolerated " + Axis.words(tolerance), tolerance, false));
    List<Double> sizes = new ArrayList<>(files.stream().map(Lost::bytes).toList());
    sizes.add(chosen);
    return picture(
        "sizes",
        "Loss against the size of the file, with 95 % intervals; dashed are the tolerated loss and"
            + " the file.",
        chart ->
            chart
                .description("Further left is smaller, further down is better.")
                .x(Axis.log("size of the file", sizes).withWords(Charts::size))
                .y(metric("loss of " + metric, points(series, false), levels))
                .series(series)
                .levels(levels)
                .level(new Level(size(chosen), chosen, true))
                .build());
  }
}
