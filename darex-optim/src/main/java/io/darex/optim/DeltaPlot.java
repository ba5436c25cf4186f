package io.darex.optim;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import javax.imageio.ImageIO;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;
import org.nd4j.shade.jackson.core.JsonProcessingException;
import org.nd4j.shade.jackson.databind.ObjectMapper;

/**
 * The picture of a training with AdamR, from the JSON lines of a {@link DeltaListener}: loss, s and
 * effective pull, mean |Δ| and exact-zero share of every layer.
 *
 * <p>Needs XChart ({@code org.knowm.xchart:xchart}) on the class path, which darex-optim does not
 * bring along.
 */
public final class DeltaPlot {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int WIDTH = 900;
  private static final int HEIGHT = 520;

  /** More layers than this are told apart by colour only. */
  private static final int LEGEND = 12;

  private static final Color FIRST = new Color(0x0072b2);
  private static final Color LAST = new Color(0xd55e00);

  private DeltaPlot() {}

  /**
   * Draws a training.
   *
   * @param jsonLines what the listener wrote
   * @param png the picture, replaced where it exists
   * @throws IllegalArgumentException if there is no line, or one is malformed; names file and line
   */
  public static void write(Path jsonLines, Path png) throws IOException {
    List<DeltaListener.Line> lines = read(jsonLines);
    Set<String> layers = new TreeSet<>(lines.get(0).layers().keySet());
    XYChart loss = chart("loss", lines, DeltaListener.Line::loss, false);
    XYChart pull = chart("effective pull min(1, λη/s)", lines, DeltaListener.Line::pull, true);
    series(pull, "s", lines, DeltaListener.Line::s, LAST);
    pull.setTitle("s and effective pull min(1, λη/s)");
    XYChart delta = layers("mean |Δ| by layer", lines, layers, DeltaStatistics::meanAbs);
    XYChart zero =
        layers("share of exact zeros by layer", lines, layers, DeltaStatistics::zeroShare);
    BufferedImage image = new BufferedImage(2 * WIDTH, 2 * HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    List<XYChart> charts = List.of(loss, pull, delta, zero);
    for (int i = 0; i < charts.size(); i++) {
      Graphics2D panel = (Graphics2D) graphics.create(i % 2 * WIDTH, i / 2 * HEIGHT, WIDTH, HEIGHT);
      charts.get(i).paint(panel, WIDTH, HEIGHT);
      panel.dispose();
    }
    graphics.dispose();
    ImageIO.write(image, "png", png.toFile());
  }

  private static List<DeltaListener.Line> read(Path file) throws IOException {
    // By iteration: a training that went on after a crash has reported some of them twice.
    SortedMap<Integer, DeltaListener.Line> lines = new TreeMap<>();
    int number = 0;
    for (String text : Files.readAllLines(file)) {
      number++;
      try {
        DeltaListener.Line line = JSON.readValue(text, DeltaListener.Line.class);
        lines.put(line.iteration(), line);
      } catch (JsonProcessingException e) {
        throw new IllegalArgumentException(
            String.format(
                Locale.ROOT,
                "%s:%d: expected a line of DeltaListener: %s",
                file,
                number,
                e.getOriginalMessage()),
            e);
      }
    }
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(file + ": expected lines of DeltaListener, got none");
    }
    return List.copyOf(lines.values());
  }

  private static XYChart chart(
      String title,
      List<DeltaListener.Line> lines,
      ToDoubleFunction<DeltaListener.Line> value,
      boolean logarithmic) {
    XYChart chart = empty(title);
    chart.getStyler().setYAxisLogarithmic(logarithmic);
    series(chart, logarithmic ? "pull" : title, lines, value, FIRST);
    return chart;
  }

  private static XYChart layers(
      String title,
      List<DeltaListener.Line> lines,
      Set<String> layers,
      ToDoubleFunction<DeltaStatistics> value) {
    XYChart chart = empty(title);
    int index = 0;
    for (String layer : layers) {
      double share = layers.size() == 1 ? 0 : (double) index++ / (layers.size() - 1);
      series(
          chart, layer, lines, line -> value.applyAsDouble(line.layers().get(layer)), mix(share));
    }
    if (layers.size() > LEGEND) {
      chart.getStyler().setLegendVisible(false);
      chart.setTitle(title + ", by name from blue to orange");
    }
    return chart;
  }

  private static void series(
      XYChart chart,
      String name,
      List<DeltaListener.Line> lines,
      ToDoubleFunction<DeltaListener.Line> value,
      Color colour) {
    double[] x = lines.stream().mapToDouble(DeltaListener.Line::iteration).toArray();
    // A rate of 0, at the first step of a warm-up, has no place on a logarithmic axis.
    double[] y =
        lines.stream()
            .mapToDouble(value)
            .map(v -> v <= 0 && chart.getStyler().isYAxisLogarithmic() ? Double.NaN : v)
            .toArray();
    XYSeries series = chart.addSeries(name, x, y);
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(colour);
    series.setLineStyle(new BasicStroke(2));
  }

  private static XYChart empty(String title) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle("iteration")
            .build();
    chart.getStyler().setChartBackgroundColor(Color.WHITE);
    chart.getStyler().setPlotBorderVisible(false);
    chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
    chart.getStyler().setLegendBorderColor(Color.WHITE);
    chart.getStyler().setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 18));
    chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    chart.getStyler().setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 14));
    return chart;
  }

  private static Color mix(double share) {
    return new Color(
        (int) Math.round(FIRST.getRed() + share * (LAST.getRed() - FIRST.getRed())),
        (int) Math.round(FIRST.getGreen() + share * (LAST.getGreen() - FIRST.getGreen())),
        (int) Math.round(FIRST.getBlue() + share * (LAST.getBlue() - FIRST.getBlue())));
  }
}
