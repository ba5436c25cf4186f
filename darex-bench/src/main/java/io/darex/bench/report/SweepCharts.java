package io.darex.bench.report;

import java.awt.Color;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The pictures of a sweep, as PNG. All take candidates that have scores, at least one. */
final class SweepCharts {
  private static final double MINUTE = 60;

  /** How far below the least score the names of categories stand, as a share of their range. */
  private static final double UNDER = 0.06;

  private SweepCharts() {}

  /** What the best candidate had of the first objective, over the minutes of work. */
  static byte[] bestOverTime(Goal goal, List<CandidateResult> trials) {
    String objective = goal.objectives().get(0);
    XYChart chart = chart("best so far", "minutes of work", objective);
    List<CandidateResult> ordered =
        trials.stream().sorted(Comparator.comparingDouble(CandidateResult::elapsed)).toList();
    List<Double> minutes = new ArrayList<>();
    List<Double> bests = new ArrayList<>();
    CandidateResult best = ordered.get(0);
    for (CandidateResult trial : ordered) {
      double before = best.scores().get(objective);
      best = goal.bestFirst().compare(trial, best) < 0 ? trial : best;
      if (!minutes.isEmpty()) {
        minutes.add(trial.elapsed() / MINUTE);
        bests.add(before);
      }
      minutes.add(trial.elapsed() / MINUTE);
      bests.add(best.scores().get(objective));
    }
    points(
        chart,
        "candidates",
        ordered.stream().map(trial -> trial.elapsed() / MINUTE).toList(),
        ordered.stream().map(trial -> trial.scores().get(objective)).toList(),
        Charts.GREY);
    Charts.draw(chart.addSeries("best", minutes, bests), Charts.PALETTE[1], SeriesMarkers.NONE);
    return Charts.png(chart);
  }

  /**
   * One score against one parameter.
   *
   * @param groups a parameter whose categories have colours of their own; empty for one colour
   * @param best the place of the best candidate
   */
  static byte[] against(
      Dimension parameter, Dimension score, Optional<Dimension> groups, int best) {
    XYChart chart =
        chart(score.name() + " against " + parameter.name(), parameter.name(), score.name());
    chart.getStyler().setXAxisLogarithmic(parameter.log());
    chart.getStyler().setYAxisLogarithmic(score.log());
    if (!parameter.categories().isEmpty()) {
      name(chart, parameter.categories(), score);
    }
    if (groups.isEmpty()) {
      points(chart, "candidates", parameter.values(), score.values(), Charts.PALETTE[0]);
    } else {
      groups(chart, parameter, score, groups.get());
    }
    points(
        chart,
        "best",
        List.of(parameter.values().get(best)),
        List.of(score.values().get(best)),
        Charts.PALETTE[1]);
    return Charts.png(chart);
  }

  /** Whether there is a colour for each category, beside that of the best. */
  static boolean canColour(Dimension parameter) {
    int count = parameter.categories().size();
    return count > 1 && count < Charts.PALETTE.length;
  }

  private static void groups(
      XYChart chart, Dimension parameter, Dimension score, Dimension groups) {
    for (int group = 0; group < groups.categories().size(); group++) {
      List<Double> x = new ArrayList<>();
      List<Double> y = new ArrayList<>();
      for (int i = 0; i < groups.values().size(); i++) {
        if (groups.values().get(i) == group) {
          x.add(parameter.values().get(i));
          y.add(score.values().get(i));
        }
      }
      Color colour = Charts.PALETTE[group == 0 ? 0 : group + 1];
      points(chart, groups.categories().get(group), x, y, colour);
    }
  }

  /** Writes the names of categories at their places: XChart puts its own ticks between them. */
  private static void name(XYChart chart, List<String> categories, Dimension score) {
    AxesChartStyler styler = chart.getStyler();
    styler.setXAxisTicksVisible(false);
    styler.setXAxisMin(-0.5);
    styler.setXAxisMax(categories.size() - 0.5);
    styler.setAnnotationTextFont(styler.getAxisTickLabelsFont());
    double least = score.least();
    double span = score.greatest() - least;
    double under =
        score.log()
            ? least * Math.pow(least / score.greatest(), UNDER)
            : least - UNDER * (span == 0 ? 1 : span);
    styler.setYAxisMin(under - (score.log() ? 0 : UNDER * (span == 0 ? 1 : span)));
    for (int i = 0; i < categories.size(); i++) {
      chart.addAnnotation(new AnnotationText(categories.get(i), i, under, false));
    }
  }

  /** The two objectives, and the candidates that no other beats in both. */
  static byte[] front(Goal goal, List<CandidateResult> trials) {
    Dimension across = Dimension.ofScore(goal.objectives().get(1), trials);
    Dimension up = Dimension.ofScore(goal.objectives().get(0), trials);
    XYChart chart = chart("Pareto front", across.name(), up.name());
    chart.getStyler().setXAxisLogarithmic(across.log());
    chart.getStyler().setYAxisLogarithmic(up.log());
    points(chart, "candidates", across.values(), up.values(), Charts.PALETTE[0]);
    List<CandidateResult> front = goal.front(trials);
    XYSeries line =
        chart.addSeries(
            "front",
            Dimension.ofScore(across.name(), front).values(),
            Dimension.ofScore(up.name(), front).values());
    Charts.draw(line, Charts.PALETTE[1], SeriesMarkers.DIAMOND);
    return Charts.png(chart);
  }

  private static XYChart chart(String title, String x, String y) {
    XYChart chart =
        new XYChartBuilder()
            .width(Charts.WIDTH)
            .height(Charts.HEIGHT)
            .title(title)
            .xAxisTitle(x)
            .yAxisTitle(y)
            .build();
    Charts.style(chart.getStyler());
    return chart;
  }

  private static void points(
      XYChart chart, String name, List<Double> x, List<Double> y, Color paint) {
    XYSeries series = chart.addSeries(name, x, y);
    Charts.draw(series, paint, SeriesMarkers.CIRCLE);
    series.setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
  }
}
