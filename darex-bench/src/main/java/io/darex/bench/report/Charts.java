package io.darex.bench.report;

import io.darex.prune.rescale.Point;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.font.FontRenderContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.CategorySeries;
import org.knowm.xchart.CategorySeries.CategorySeriesRenderStyle;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.internal.series.MarkerSeries;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.Styler.YAxisPosition;
import org.knowm.xchart.style.markers.Marker;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** The pictures of a report, as PNG. */
public final class Charts {
  static final int WIDTH = 1400;
  static final int HEIGHT = 760;
  static final Color GREY = new Color(0x9a9a9a);
  private static final Color LIGHT_GREY = new Color(0xd0d0d0);
  // Okabe and Ito's palette: told apart by colour-blind readers too.
  static final Color[] PALETTE = {
    new Color(0x0072b2),
    new Color(0xd55e00),
    new Color(0x009e73),
    new Color(0xcc79a7),
    new Color(0xe69f00),
    new Color(0x56b4e9)
  };

  private static final Marker[] MARKERS = {
    SeriesMarkers.CIRCLE, SeriesMarkers.DIAMOND, SeriesMarkers.SQUARE, SeriesMarkers.TRIANGLE_UP
  };

  private static final String UNLABELLED = "q-unlabelled";
  private static final String CHANGE = "mean |change| of the last hidden state, on texts of train";
  private static final Set<String> SEARCHES = Set.of("q-labelled", UNLABELLED);

  private Charts() {}

  /**
   * Measures a word, which fails where Java finds no font.
   *
   * @throws IllegalStateException if it does
   */
  public static void requireFonts() {
    try {
      new Font(Font.SANS_SERIF, Font.PLAIN, 12)
          .getStringBounds("q", new FontRenderContext(null, true, true));
    } catch (RuntimeException | LinkageError | InternalError e) {
      throw new IllegalStateException(
          "the report's pictures need a font and Java found none; install fontconfig and a font,"
              + " such as the packages fontconfig and fonts-dejavu-core",
          e);
    }
  }

  /**
   * The metric on dev against the drop rate p, one line a method, with the spread over seeds. The
   * axis is 1/(1 − p), logarithmic, so that .9, .99 and .999 stand equally far apart.
   */
  static byte[] metricAgainstDropRate(Results results, String mask, List<Row> rows) {
    XYChart chart =
        chart(
            results.task()
                + ", dev: "
                + results.tuned().metric()
                + " against drop rate, mask "
                + mask,
            "drop rate",
            results.tuned().metric());
    chart.setCustomXAxisTickLabelsFormatter(
        x -> new BigDecimal(1 - 1 / x).round(new MathContext(6)).stripTrailingZeros() + "");
    List<Double> all = rows.stream().map(row -> 1 / (1 - row.dropRate())).toList();
    List<Double> ends = List.of(Collections.min(all) / 1.2, Collections.max(all) * 1.2);
    level(chart, "unpruned", ends, results.tuned().value(), GREY);
    level(chart, "base, tuned head", ends, results.base().value(), LIGHT_GREY);
    Map<String, List<Row>> methods = new LinkedHashMap<>();
    rows.forEach(row -> methods.computeIfAbsent(row.method(), m -> new ArrayList<>()).add(row));
    // A little aside of one another, or equal points would hide one another.
    double step = Math.min(1.04, Math.pow(1.2, 1.0 / methods.size()));
    int index = 0;
    for (Map.Entry<String, List<Row>> method : methods.entrySet()) {
      double aside = Math.pow(step, index);
      List<Row> points =
          method.getValue().stream()
              .filter(row -> !Double.isNaN(row.value().mean()))
              .sorted(Comparator.comparingDouble(Row::dropRate))
              .toList();
      if (points.isEmpty()) {
        continue;
      }
      XYSeries series =
          chart.addSeries(
              method.getKey(),
              points.stream().map(row -> aside / (1 - row.dropRate())).toList(),
              points.stream().map(row -> row.value().mean()).toList(),
              points.stream().map(row -> row.value().std()).toList());
      draw(series, index++);
    }
    return png(chart);
  }

  /** Whether its points can be drawn against q. */
  static boolean isSearch(Row row) {
    return SEARCHES.contains(row.rescale())
        && row.searched().stream().anyMatch(point -> !Double.isNaN(point.score()));
  }

  /**
   * Of one drop rate or size, the metric on validation (left axis) and the change of the output
   * (right, or left where it is alone) against q: the paper's Figure 1.
   *
   * @param rows of {@linkplain #isSearch searches}; at least one
   */
  static byte[] searchedQ(Results results, String mask, List<Row> rows) {
    return png(searches(results, mask, rows));
  }

  static XYChart searches(Results results, String mask, List<Row> rows) {
    boolean labelled = rows.stream().anyMatch(row -> !isChange(row));
    XYChart chart =
        chart(
            String.format(
                Locale.ROOT,
                "%s: searches of q at %s, mask %s",
                results.task(),
                rows.get(0).target(),
                mask),
            mask.equals("random") ? "q (leftmost: 1 − drop rate, which is DARE)" : "q",
            labelled ? results.tuned().metric() + " on validation" : CHANGE);
    if (labelled && rows.stream().anyMatch(Charts::isChange)) {
      chart.setYAxisGroupTitle(1, CHANGE);
      chart.getStyler().setYAxisGroupPosition(1, YAxisPosition.Right);
    }
    List<Double> all = rows.stream().flatMap(row -> row.searched().stream()).map(Point::q).toList();
    List<Double> ends = List.of(Collections.min(all), Collections.max(all));
    if (labelled) {
      level(chart, "unpruned", ends, results.tuned().validation(), GREY);
      level(chart, "base, tuned head", ends, results.base().validation(), LIGHT_GREY);
    }
    int index = 0;
    for (Row row : rows) {
      int sign = isChange(row) ? -1 : 1;
      List<Point> points =
          row.searched().stream()
              .filter(point -> !Double.isNaN(point.score()))
              .sorted(Comparator.comparingDouble(Point::q))
              .toList();
      XYSeries series =
          chart.addSeries(
              row.method() + (isChange(row) && labelled ? " (right)" : ""),
              points.stream().map(Point::q).toList(),
              points.stream().map(point -> sign * point.score()).toList());
      series.setYAxisGroup(isChange(row) && labelled ? 1 : 0);
      draw(series, index++);
    }
    return chart;
  }

  /**
   * Scores with their intervals, and the unpruned model's score.
   *
   * @param metric what the scores are
   * @param names of what was scored, in the order of the picture
   * @param widths half of each score's 95 % interval
   */
  public static byte[] intervals(
      String metric,
      List<String> names,
      List<Double> values,
      List<Double> widths,
      OptionalDouble unpruned) {
    CategoryChart chart =
        new CategoryChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("candidates, with 95 % intervals")
            .yAxisTitle(metric)
            .build();
    style(chart.getStyler());
    // Long names, each under its point.
    chart.getStyler().setXAxisLabelRotation(90);
    chart.getStyler().setOverlapped(true);
    chart.getStyler().setDefaultSeriesRenderStyle(CategorySeriesRenderStyle.Scatter);
    chart.getStyler().setXAxisMaxLabelCount(names.size());
    CategorySeries scores = chart.addSeries("pruned", names, values, widths);
    draw(scores, PALETTE[0], SeriesMarkers.CIRCLE);
    if (unpruned.isPresent()) {
      CategorySeries tuned =
          chart.addSeries(
              "unpruned", names, Collections.nCopies(names.size(), unpruned.getAsDouble()));
      tuned.setChartCategorySeriesRenderStyle(CategorySeriesRenderStyle.Line);
      draw(tuned, GREY, SeriesMarkers.NONE);
    }
    return png(chart);
  }

  /**
   * Losses of files of several sizes, with their intervals.
   *
   * @param metric that is lost
   * @param bytes of the files, smallest first
   * @param losses of each
   * @param widths half of the interval of each
   * @param tolerance a level to compare with
   */
  public static byte[] lossAgainstBytes(
      String metric,
      List<Double> bytes,
      List<Double> losses,
      List<Double> widths,
      double tolerance) {
    XYChart chart = chart("loss against bytes of the file", "bytes of the file", "loss: " + metric);
    chart.getStyler().setXAxisLogarithmicDecadeOnly(false);
    chart.setCustomXAxisTickLabelsFormatter(BytesChart::tick);
    List<Double> ends = List.of(Collections.min(bytes) / 1.2, Collections.max(bytes) * 1.2);
    level(chart, "tolerated", ends, tolerance, GREY);
    draw(chart.addSeries("pruned", bytes, losses, widths), 0);
    return png(chart);
  }

  /** Whether it was searched without labels. */
  static boolean isChange(Row row) {
    return row.rescale().equals(UNLABELLED);
  }

  private static XYChart chart(String title, String xAxis, String yAxis) {
    return chart(title, xAxis, yAxis, HEIGHT);
  }

  static XYChart chart(String title, String xAxis, String yAxis, int height) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(height)
            .title(title)
            .xAxisTitle(xAxis)
            .yAxisTitle(yAxis)
            .build();
    style(chart.getStyler());
    chart.getStyler().setXAxisLogarithmic(true);
    return chart;
  }

  private static void level(XYChart chart, String name, List<Double> x, double y, Color paint) {
    draw(chart.addSeries(name, x, List.of(y, y)), paint, SeriesMarkers.NONE);
  }

  /** Of colours there are few that all can tell apart, so markers differ, too. */
  static void draw(MarkerSeries series, int index) {
    // Colour and marker together come again after 24.
    Marker marker = MARKERS[(index + index / 12) % MARKERS.length];
    draw(series, PALETTE[index % PALETTE.length], marker);
  }

  static void draw(MarkerSeries series, Color paint, Marker marker) {
    series.setMarker(marker);
    series.setMarkerColor(paint);
    series.setLineColor(paint);
    series.setFillColor(paint);
    series.setLineStyle(new BasicStroke(marker == SeriesMarkers.NONE ? 2 : 3));
  }

  static void style(AxesChartStyler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotGridLinesColor(new Color(0xe8e8e8));
    styler.setPlotBorderVisible(false);
    styler.setLegendPosition(LegendPosition.OutsideE);
    styler.setLegendBorderColor(Color.WHITE);
    styler.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 24));
    styler.setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 20));
    styler.setAxisTitleFont(new Font(Font.SANS_SERIF, Font.PLAIN, 20));
    styler.setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 18));
    styler.setMarkerSize(12);
  }

  static byte[] png(IChart chart) {
    try {
      return ChartEncoder.getBytes(chart, "PNG");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
