package io.darex.bench.report;

import java.awt.Color;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The pictures of a sweep, as PNG. All take candidates that have scores, at least one. */
final class SweepCharts {
  private static final double MINUTE = 60;

  private SweepCharts() {}

  /** What the best candidate had of the first objective, over the minutes of work. */
  static byte[] bestOverTime(Goal goal, List<Trial> trials) {
    String objective = goal.objectives().get(0);
    XYChart chart = chart("best so far", "minutes of work", objective);
    List<Trial> ordered =
        trials.stream().sorted(Comparator.comparingDouble(Trial::elapsed)).toList();
    List<Double> minutes = new ArrayList<>();
    List<Double> bests = new ArrayList<>();
    Trial best = ordered.get(0);
    for (Trial trial : ordered) {
      double before = best.scores().get(objective);
      best = goal.score(trial) > goal.score(best) ? trial : best;
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

  /** One score against one parameter. */
  static byte[] against(Dimension parameter, Dimension score, int best) {
    XYChart chart =
        chart(score.name() + " against " + parameter.name(), parameter.name(), score.name());
    chart.getStyler().setXAxisLogarithmic(parameter.log());
    chart.getStyler().setYAxisLogarithmic(score.log());
    parameter
        .labels()
        .ifPresent(
            labels -> {
              chart.setCustomXAxisTickLabelsFormatter(labels);
              chart.getStyler().setXAxisMin(-0.5);
              chart.getStyler().setXAxisMax(parameter.categories().size() - 0.5);
              chart.getStyler().setXAxisMaxLabelCount(2 * parameter.categories().size() + 1);
            });
    points(chart, "candidates", parameter.values(), score.values(), Charts.PALETTE[0]);
    points(
        chart,
        "best",
        List.of(parameter.values().get(best)),
        List.of(score.values().get(best)),
        Charts.PALETTE[1]);
    return Charts.png(chart);
  }

  /** The two objectives, and the candidates that no other beats in both. */
  static byte[] front(Goal goal, List<Trial> trials) {
    Dimension across = Dimension.ofScore(goal.objectives().get(1), trials);
    Dimension up = Dimension.ofScore(goal.objectives().get(0), trials);
    XYChart chart = chart("Pareto front", across.name(), up.name());
    chart.getStyler().setXAxisLogarithmic(across.log());
    chart.getStyler().setYAxisLogarithmic(up.log());
    points(chart, "candidates", across.values(), up.values(), Charts.PALETTE[0]);
    List<Trial> front = goal.front(trials);
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
