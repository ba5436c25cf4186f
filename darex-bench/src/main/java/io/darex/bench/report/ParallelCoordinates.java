package io.darex.bench.report;

import io.darex.bench.chart.Axis.Kind;
import io.darex.bench.chart.Axis.Tick;
import io.darex.bench.chart.Chart;
import io.darex.bench.chart.Markup;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** All candidates at once: an axis for each dimension, a line down through them for each. */
final class ParallelCoordinates {
  private static final double WIDTH = 600;
  private static final double MARGIN = 34;
  private static final double TOP = 30;

  /** From one axis to the next. */
  private static final double STEP = 74;

  /** Of a character, rather more than less. */
  private static final double CHARACTER = 9;

  private ParallelCoordinates() {}

  /**
   * As SVG.
   *
   * @param id of the picture
   * @param dimensions at least one, of the same candidates
   * @param words of every candidate, the best first
   */
  static String svg(String id, String title, List<Dimension> dimensions, List<String> words) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        Chart.open(
            id,
            title,
            "The upper lines are the parameters, the lowest the objectives.",
            WIDTH,
            TOP + STEP * dimensions.size() - 20));
    // The best is drawn last, over the others.
    IntStream.range(0, words.size())
        .boxed()
        .sorted(Comparator.reverseOrder())
        .forEach(rank -> svg.append(line(dimensions, rank, words)));
    for (int i = 0; i < dimensions.size(); i++) {
      svg.append(axis(dimensions.get(i), TOP + i * STEP));
    }
    return svg.append("</svg>\n").toString();
  }

  private static double x(Dimension dimension, double value) {
    return MARGIN + dimension.axis().place(value) * (WIDTH - 2 * MARGIN);
  }

  private static String line(List<Dimension> dimensions, int rank, List<String> words) {
    String way =
        IntStream.range(0, dimensions.size())
            .mapToObj(
                i -> {
                  Dimension dimension = dimensions.get(i);
                  double value = dimension.values().get(rank);
                  return String.format(
                      Locale.ROOT, "%.1f %.1f", x(dimension, value), TOP + i * STEP);
                })
            .collect(Collectors.joining("L"));
    // The better, the darker.
    double worth = words.size() == 1 ? 1 : 1 - (double) rank / (words.size() - 1);
    return String.format(
        Locale.ROOT,
        "<g class=\"c%d\" opacity=\"%.2f\"><title>%s</title><path class=\"line\" d=\"M%s\"/></g>%n",
        rank == 0 ? 1 : 0,
        0.2 + 0.8 * worth,
        Markup.escape(words.get(rank)),
        way);
  }

  private static String axis(Dimension dimension, double y) {
    StringBuilder svg = new StringBuilder();
    String log = dimension.axis().kind() == Kind.LOG ? " (log)" : "";
    svg.append(
        String.format(
            Locale.ROOT,
            "<path class=\"level\" d=\"M%.1f %.1fH%.1f\"/>%n<text x=\"0\" y=\"%.1f\" class=\"halo\""
                + " font-weight=\"600\">%s</text>%n",
            MARGIN,
            y,
            WIDTH - MARGIN,
            y - 10,
            Markup.escape(dimension.name() + log)));
    int most = (int) (WIDTH / CHARACTER / dimension.axis().ticks().size()) - 1;
    double free = -MARGIN;
    for (Tick tick : dimension.axis().ticks()) {
      String words = Chart.cut(tick.words(), Math.max(4, most));
      double half = CHARACTER * words.length() / 2;
      double x = Math.max(half, Math.min(WIDTH - half, x(dimension, tick.at())));
      if (x - half < free) {
        continue;
      }
      free = x + half + CHARACTER;
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\" class=\"halo soft\">%s</text>%n",
              x,
              y + 20,
              Markup.escape(words)));
    }
    return svg.toString();
  }
}
