package io.darex.bench.report;

import io.darex.bench.chart.Axis;
import io.darex.bench.chart.Chart;
import io.darex.bench.chart.Series;
import io.darex.bench.chart.Series.Point;
import io.darex.bench.chart.Series.Style;
import io.darex.bench.report.Block.Picture;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The pictures of a sweep. All take candidates that have scores, at least one, the best first. */
final class SweepCharts {
  private static final double MINUTE = 60;

  private SweepCharts() {}

  /** What the best candidate had of the first objective, over the minutes of work. */
  static Picture bestOverTime(Goal goal, List<CandidateResult> trials) {
    String objective = goal.objectives().get(0);
    Dimension score = Dimension.ofScore(objective, trials);
    List<CandidateResult> ordered =
        trials.stream().sorted(Comparator.comparingDouble(CandidateResult::elapsed)).toList();
    List<Point> all = new ArrayList<>();
    List<Point> bests = new ArrayList<>();
    CandidateResult best = ordered.get(0);
    for (CandidateResult trial : ordered) {
      best = goal.bestFirst().compare(trial, best) < 0 ? trial : best;
      double minutes = trial.elapsed() / MINUTE;
      all.add(new Point(minutes, trial.scores().get(objective), words(goal, trial)));
      bests.add(new Point(minutes, best.scores().get(objective), words(goal, best)));
    }
    return Charts.picture(
        "sweep-best",
        "The best so far over the minutes of work.",
        chart ->
            chart
                .description("Every candidate when it was done; the line is the best until then.")
                .x(Axis.linear("minutes of work", all.stream().map(Point::x).toList()))
                .y(score.axis())
                .add(new Series("candidates", Style.POINTS, 0, all))
                .add(new Series("best so far", Style.ALONG_FIRST, 1, bests))
                .build());
  }

  private static String words(Goal goal, CandidateResult trial) {
    return SweepReport.line(trial, goal);
  }

  /**
   * One score against one parameter; of a parameter with names these stand at the left.
   *
   * @param groups a parameter whose categories have colours of their own; empty for one colour
   */
  static Picture against(
      Dimension parameter,
      Dimension score,
      Optional<Dimension> groups,
      Goal goal,
      List<CandidateResult> trials) {
    boolean names = parameter.isNames();
    List<Point> points =
        IntStream.range(0, trials.size())
            .mapToObj(
                i -> {
                  double x = parameter.values().get(i);
                  double y = score.values().get(i);
                  String words = words(goal, trials.get(i));
                  return names ? new Point(y, x, words) : new Point(x, y, words);
                })
            .toList();
    Chart.ChartBuilder series = Chart.builder();
    if (groups.isEmpty()) {
      series.add(new Series("candidates", Style.POINTS, 0, points));
    } else {
      List<String> categories = groups.get().categories();
      for (int group = 0; group < categories.size(); group++) {
        double wanted = group;
        List<Point> own =
            IntStream.range(0, points.size())
                .filter(i -> groups.get().values().get(i) == wanted)
                .mapToObj(points::get)
                .toList();
        // The second colour is that of the best.
        int colour = group == 0 ? 0 : group + 1;
        series.add(new Series(categories.get(group), Style.POINTS, colour, own));
      }
    }
    String colours = groups.map(other -> ", a colour for each " + other.name()).orElse("");
    return Charts.picture(
        "sweep-" + parameter.name(),
        score.name() + " against " + parameter.name() + colours + ".",
        chart ->
            chart
                .description("Every candidate; the best has a ring.")
                .x(names ? score.axis() : parameter.axis())
                .y(names ? parameter.axis() : score.axis())
                .series(series.build().series())
                .add(new Series("best", Style.RINGS, 1, points.subList(0, 1)))
                .build());
  }

  /** Whether there is a colour for each category, beside that of the best. */
  static boolean canColour(Dimension parameter) {
    int count = parameter.categories().size();
    return count > 1 && count < Chart.COLOURS;
  }

  /** The two objectives, and the candidates that no other beats in both. */
  static Picture front(Goal goal, List<CandidateResult> trials) {
    Dimension across = Dimension.ofScore(goal.objectives().get(1), trials);
    Dimension up = Dimension.ofScore(goal.objectives().get(0), trials);
    List<Point> front =
        points(goal, across.name(), up.name(), goal.front(trials)).stream()
            .sorted(Comparator.comparingDouble(Point::x))
            .toList();
    // What is bought for less than the next costs is the last one's.
    Style stairs = Goal.largerIsBetter(across.name()) ? Style.ALONG_LAST : Style.ALONG_FIRST;
    return Charts.picture(
        "sweep-front",
        "Both objectives; on the stair lie the candidates that none beats in one without losing in"
            + " the other.",
        chart ->
            chart
                .description("A Pareto front; nothing that was tried is better in both.")
                .x(across.axis())
                .y(up.axis())
                .add(
                    new Series(
                        "candidates",
                        Style.POINTS,
                        0,
                        points(goal, across.name(), up.name(), trials)))
                .add(new Series("front", stairs, 1, front))
                .add(new Series("", Style.RINGS, 1, front))
                .build());
  }

  private static List<Point> points(Goal goal, String x, String y, List<CandidateResult> trials) {
    return trials.stream()
        .map(each -> new Point(each.scores().get(x), each.scores().get(y), words(goal, each)))
        .toList();
  }
}
