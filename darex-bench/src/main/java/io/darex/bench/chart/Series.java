package io.darex.bench.chart;

import java.util.List;

/**
 * Points of one colour.
 *
 * @param name in the legend; none where empty
 * @param style how they are drawn
 * @param colour which of the colours; −1 for grey
 * @param right whether their values are those of the axis at the right
 * @param points in the order in which a line goes through them
 */
public record Series(String name, Style style, int colour, boolean right, List<Point> points) {
  /** Copies the list. */
  public Series {
    points = List.copyOf(points);
  }

  /** At the axis at the left. */
  public Series(String name, Style style, int colour, List<Point> points) {
    this(name, style, colour, false, points);
  }

  /** How points are drawn. */
  public enum Style {
    /** Markers, and a line through them. */
    LINE,
    /** Markers. */
    POINTS,
    /** Rings around markers of others. */
    RINGS,
    /** A line without markers. */
    TREND,
    /** A stair: along, then up or down. */
    ALONG_FIRST,
    /** A stair: up or down, then along. */
    ALONG_LAST;

    boolean hasLine() {
      return this != POINTS && this != RINGS;
    }

    boolean hasMarkers() {
      return this == LINE || this == POINTS;
    }
  }

  /**
   * A point.
   *
   * @param x along the axis below
   * @param y along one of the axes at the sides
   * @param error half the length of its bar, in the direction of the axis that has numbers; 0 for
   *     none
   * @param words that a pointer shows
   */
  public record Point(double x, double y, double error, String words) {
    /** Without a bar. */
    public Point(double x, double y, String words) {
      this(x, y, 0, words);
    }
  }
}
