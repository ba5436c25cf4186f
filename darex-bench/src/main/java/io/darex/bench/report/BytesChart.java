package io.darex.bench.report;

import io.darex.bench.console.Size;
import io.darex.bench.report.Row.Spread;
import java.awt.BasicStroke;
import java.awt.Color;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.knowm.xchart.AnnotationText;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The metric on dev against the bytes of the file: one line a method, S1 marked. */
final class BytesChart {
  /** Room at both ends of an axis, as a share of what is drawn on it. */
  private static final double MARGIN = 0.08;

  /** Where the words of a level stand, as a share of the axis. */
  private static final double WORDS = 0.1;

  /** How far words stand from their line, as a share of the axis. */
  private static final double ASIDE = 0.025;

  /** Greatest distance between two methods' files of one size, as a share of the axis. */
  private static final double STEP = 0.005;

  /** Greatest distance of all methods' together. */
  private static final double STEPS = 0.03;

  /** So that the logarithm of a round number is not taken for one below. */
  private static final double ROUNDING = 1e-9;

  /** Height of a method in the legend, in pixels. */
  private static final int LEGEND_LINE = 29;

  /** Least width of the axis of sizes, in decades. */
  private static final double DECADES = 1;

  private final XYChart chart;
  private final Map<String, List<FileLoss>> methods = new LinkedHashMap<>();
  private final Axis across;
  private final Axis up;

  /** From {@code least} to {@code greatest}, each with its margin. */
  private record Axis(double least, double greatest) {
    static Axis around(List<Double> values, double narrowest) {
      double least = values.stream().mapToDouble(Double::doubleValue).min().orElseThrow();
      double greatest = values.stream().mapToDouble(Double::doubleValue).max().orElseThrow();
      double margin = Math.max(MARGIN * (greatest - least), (narrowest - (greatest - least)) / 2);
      return new Axis(least - margin, greatest + margin);
    }

    double at(double share) {
      return least + share * (greatest - least);
    }
  }

  /**
   * Draws.
   *
   * @param answer of which at least one file has a score
   */
  static XYChart of(Answer answer) {
    List<FileLoss> scored = answer.tried().stream().filter(FileLoss::isScored).toList();
    BytesChart drawn = new BytesChart(answer, scored);
    drawn.level("unpruned", answer.unpruned(), WORDS);
    drawn.level("base, tuned head", answer.base(), 1 - WORDS);
    SmallestFile.among(scored).ifPresent(drawn::mark);
    drawn.methods();
    return drawn.chart;
  }

  private BytesChart(Answer answer, List<FileLoss> scored) {
    scored.stream()
        .sorted(Comparator.comparingDouble(FileLoss::bytes))
        .forEach(
            file -> methods.computeIfAbsent(file.method(), any -> new ArrayList<>()).add(file));
    // As logarithms.
    List<Double> sizes = new ArrayList<>();
    List<Double> values = new ArrayList<>(List.of(answer.unpruned(), answer.base()));
    for (FileLoss file : scored) {
      sizes.add(Math.log10(file.bytes()));
      Spread value = file.value();
      values.add(value.mean() - value.std());
      values.add(value.mean() + value.std());
    }
    across = Axis.around(sizes, DECADES);
    up = Axis.around(values.stream().filter(Double::isFinite).toList(), 2 * SmallestFile.POINT);
    chart =
        Charts.chart(
            answer.task() + ", dev: " + answer.metric() + " against bytes of the file",
            "bytes of the file",
            answer.metric(),
            Charts.HEIGHT + LEGEND_LINE * (methods.size() - 1));
    AxesChartStyler styler = chart.getStyler();
    styler.setXAxisLogarithmicDecadeOnly(false);
    styler.setXAxisMin(Math.pow(10, across.least()));
    styler.setXAxisMax(Math.pow(10, across.greatest()));
    styler.setYAxisMin(up.least());
    styler.setYAxisMax(up.greatest());
    styler.setErrorBarsColorSeriesColor(true);
    styler.setLegendPosition(LegendPosition.OutsideS);
    styler.setAnnotationTextFont(styler.getAxisTickLabelsFont());
    chart.setCustomXAxisTickLabelsFormatter(BytesChart::tick);
  }

  /** {@code 20 KB}: a round size without zeros behind the point. */
  static String tick(double bytes) {
    // XChart offers 1 to 9 of every decade.
    long first = Math.round(bytes / Math.pow(10, Math.floor(Math.log10(bytes) + ROUNDING)));
    if (first != 1 && first != 2 && first != 5) {
      return " ";
    }
    return Size.text(Math.round(bytes)).replaceFirst("\\.0+ ", " ");
  }

  private double bytes(double share) {
    return Math.pow(10, across.at(share));
  }

  /** A horizontal line with its words above it, centred at a share of the width. */
  private void level(String name, double value, double share) {
    if (!Double.isFinite(value)) {
      return;
    }
    XYSeries line = chart.addSeries(name, List.of(bytes(0), bytes(1)), List.of(value, value));
    Charts.draw(line, Charts.GREY, SeriesMarkers.NONE);
    line.setShowInLegend(false);
    words(
        String.format(Locale.ROOT, "%s %.3f", name, value),
        bytes(share),
        value + ASIDE * (up.greatest() - up.least()));
  }

  /** From the point down to the axis, with words at its end. */
  private void mark(SmallestFile smallest) {
    double x = x(smallest.file());
    double end = up.at(2 * ASIDE);
    XYSeries line =
        chart.addSeries("S1", List.of(x, x), List.of(end, smallest.file().value().mean()));
    Charts.draw(line, Color.DARK_GRAY, SeriesMarkers.NONE);
    line.setLineStyle(
        new BasicStroke(2, BasicStroke.CAP_BUTT, BasicStroke.JOIN_BEVEL, 1, new float[] {8}, 0));
    line.setShowInLegend(false);
    words("S1 " + Answer.size(smallest.file().bytes()), x, up.at(ASIDE));
  }

  private void words(String text, double x, double y) {
    chart.addAnnotation(new AnnotationText(text, x, y, false));
  }

  /** Of files of a method: a little aside of those of one size that are of another. */
  private double x(FileLoss file) {
    double step = Math.min(STEP, STEPS / methods.size());
    int index = List.copyOf(methods.keySet()).indexOf(file.method());
    double aside = step * (index - (methods.size() - 1) / 2.0);
    return file.bytes() * Math.pow(10, aside * (across.greatest() - across.least()));
  }

  private void methods() {
    int index = 0;
    for (Map.Entry<String, List<FileLoss>> method : methods.entrySet()) {
      List<FileLoss> files = method.getValue();
      XYSeries series =
          chart.addSeries(
              method.getKey(),
              files.stream().map(this::x).toList(),
              files.stream().map(file -> file.value().mean()).toList(),
              files.stream().map(file -> file.value().std()).toList());
      Charts.draw(series, index++);
    }
  }
}
