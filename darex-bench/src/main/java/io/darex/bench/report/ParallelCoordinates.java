package io.darex.bench.report;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** All candidates at once: an upright axis for each dimension, a line for each candidate. */
final class ParallelCoordinates {
  private static final int WIDTH = 1400;
  private static final int HEIGHT = 560;
  private static final int TOP = 70;
  private static final int BOTTOM = 500;
  private static final int MARGIN = 110;

  private ParallelCoordinates() {}

  /**
   * As SVG.
   *
   * @param dimensions at least one, of the same candidates
   * @param worth of every candidate between the worst, 0, and the best, 1: its colour
   */
  static String svg(List<Dimension> dimensions, List<Double> worth) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\""
                + " height=\"%d\" font-family=\"sans-serif\" font-size=\"16\">%n"
                + "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>%n",
            WIDTH,
            HEIGHT,
            WIDTH,
            HEIGHT));
    // The best is drawn last, over the others.
    IntStream.range(0, worth.size())
        .boxed()
        .sorted(Comparator.comparing(worth::get))
        .forEach(trial -> svg.append(line(dimensions, trial, worth.get(trial))));
    for (int i = 0; i < dimensions.size(); i++) {
      svg.append(axis(dimensions.get(i), x(i, dimensions.size())));
    }
    return svg.append("</svg>\n").toString();
  }

  private static double x(int index, int count) {
    return count == 1 ? WIDTH / 2.0 : MARGIN + (double) index / (count - 1) * (WIDTH - 2 * MARGIN);
  }

  private static double y(Dimension dimension, double value) {
    return BOTTOM - dimension.place(value) * (BOTTOM - TOP);
  }

  private static String line(List<Dimension> dimensions, int trial, double worth) {
    StringBuilder points = new StringBuilder();
    for (int i = 0; i < dimensions.size(); i++) {
      Dimension dimension = dimensions.get(i);
      points.append(
          String.format(
              Locale.ROOT,
              "%s%.1f,%.1f",
              i == 0 ? "" : " ",
              x(i, dimensions.size()),
              y(dimension, dimension.values().get(trial))));
    }
    return String.format(
        Locale.ROOT,
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.1f\""
            + " stroke-opacity=\"0.8\"/>%n",
        points,
        colour(worth),
        worth == 1 ? 4.0 : 2.0);
  }

  /** From light grey to the first colour of the palette, and the best in the second. */
  private static String colour(double worth) {
    if (worth == 1) {
      return "#d55e00";
    }
    return String.format(
        Locale.ROOT,
        "rgb(%d,%d,%d)",
        Math.round(210 - 210 * worth),
        Math.round(210 - (210 - 114) * worth),
        Math.round(215 - (215 - 178) * worth));
  }

  private static String axis(Dimension dimension, double x) {
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#444\"/>%n<text x=\"%.1f\""
                + " y=\"%d\" text-anchor=\"middle\" font-weight=\"bold\">%s</text>%n",
            x,
            TOP,
            x,
            BOTTOM,
            x,
            TOP - 30,
            Block.escape(dimension.name() + (dimension.log() ? " (log)" : ""))));
    for (var tick : dimension.ticks()) {
      svg.append(
          String.format(
              Locale.ROOT,
              // A white edge keeps the words readable on the lines.
              "<text x=\"%.1f\" y=\"%.1f\" stroke=\"white\" stroke-width=\"4\""
                  + " paint-order=\"stroke\">%s</text>%n",
              x + 6,
              y(dimension, tick.getKey()) + 5,
              Block.escape(tick.getValue())));
    }
    return svg.toString();
  }
}
