package io.darex.bench.chart;

import io.darex.bench.chart.Axis.Tick;
import io.darex.bench.chart.Chart.Level;
import io.darex.bench.chart.Series.Point;
import io.darex.bench.chart.Series.Style;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;

/** Draws one {@link Chart}, in units of which a line of text is 15 high. */
final class Drawing {
  static final double WIDTH = 600;

  /** Of a character, rather more than less. */
  private static final double CHARACTER = 9;

  private static final double LINE = 19;
  private static final double HEIGHT = 280;

  /** Of a name at the left. */
  private static final double ROW = 34;

  /** The longest name at a side, in characters. */
  private static final int LONGEST = 26;

  private static final double RADIUS = 4.5;

  /** Between markers that would hide one another, and how often one is moved at most. */
  private static final double ASIDE = 7;

  private static final int MOVES = 12;

  private static final List<String> MARKERS =
      List.of(
          "M-4.5 0A4.5 4.5 0 1 0 4.5 0A4.5 4.5 0 1 0 -4.5 0Z",
          "M0-6L6 0L0 6L-6 0Z",
          "M-4.5-4.5H4.5V4.5H-4.5Z",
          "M0-6L5.5 4.5H-5.5Z");

  /** A marker that is there, its bar with it: where it is across, where along, and how far that. */
  private record Taken(Series of, double across, double along, double reach) {}

  private final Chart chart;
  private final StringBuilder svg = new StringBuilder();
  private final List<Taken> taken = new ArrayList<>();
  private final IdentityHashMap<Point, double[]> placed = new IdentityHashMap<>();
  private final double left;
  private final double width;
  private final double top;
  private final double height;

  Drawing(Chart chart) {
    this.chart = chart;
    List<Series> ends = chart.labelled() ? chart.series() : List.of();
    left = widest(chart.y().ticks().stream().map(Tick::words).toList(), 2) + 10;
    List<String> beside = new ArrayList<>(ends.stream().map(Series::name).toList());
    if (chart.right() != null) {
      chart.right().ticks().forEach(tick -> beside.add(tick.words()));
    }
    width = WIDTH - left - Math.max(18, widest(beside, 0) + 18);
    top = chart.right() == null ? LINE + 13 : 2 * LINE + 13;
    height =
        chart.isSideways()
            ? Math.max(2, chart.y().ticks().size()) * ROW
            : Math.max(HEIGHT, ends.size() * LINE);
  }

  private static double widest(List<String> words, int least) {
    return CHARACTER
        * words.stream().mapToInt(each -> Math.min(LONGEST, each.length())).max().orElse(least);
  }

  String svg() {
    axes();
    chart.levels().forEach(this::level);
    chart.series().forEach(this::place);
    chart.series().forEach(this::line);
    chart.series().forEach(this::markers);
    for (int i = 0; i < chart.levels().size(); i++) {
      words(chart.levels().get(i), i);
    }
    double end = top + height + 2 * LINE + 20;
    end = chart.labelled() ? names(end) : legend(end);
    return Chart.open(chart.id(), chart.title(), chart.description(), WIDTH, end)
        + svg
        + "</svg>\n";
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void text(double x, double y, String anchor, String kind, String words) {
    if (words.isEmpty()) {
      return;
    }
    String shown = words.length() > 70 ? Chart.cut(words, 69) : words;
    add(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>",
        x, y, anchor, kind, Markup.escape(shown));
  }

  private double across(double value) {
    return left + width * chart.x().place(value);
  }

  private double up(Axis axis, double value) {
    double place = axis.place(value);
    // Names are read from above.
    return top + height * (chart.isSideways() ? place : 1 - place);
  }

  private void axes() {
    text(0, LINE - 5, "start", "soft", chart.y().title());
    if (chart.right() != null) {
      text(WIDTH, 2 * LINE - 5, "end", "soft", chart.right().title());
      for (Tick tick : chart.right().ticks()) {
        text(left + width + 8, up(chart.right(), tick.at()) + 5, "start", "soft", tick.words());
      }
    }
    for (Tick tick : chart.y().ticks()) {
      double y = up(chart.y(), tick.at());
      add("<path class=\"rule\" d=\"M%.1f %.1fH%.1f\"/>", left, y, left + width);
      text(left - 8, y + 5, "end", "soft", Chart.cut(tick.words(), LONGEST));
    }
    double bottom = top + height;
    double free = 0;
    for (Tick tick : chart.x().ticks()) {
      double x = across(tick.at());
      add(
          "<path class=\"rule\" d=\"M%.1f %.1fV%.1f\"/>",
          x, chart.isSideways() ? top : bottom, bottom + 6);
      double half = CHARACTER * tick.words().length() / 2;
      double middle = Math.min(x, WIDTH - half);
      if (middle - half >= free) {
        text(middle, bottom + LINE + 2, "middle", "soft", tick.words());
        free = middle + half + CHARACTER;
      }
    }
    text(left + width / 2, bottom + 2 * LINE + 4, "middle", "soft", chart.x().title());
  }

  private void level(Level level) {
    if (level.upright()) {
      add("<path class=\"level\" d=\"M%.1f %.1fV%.1f\"/>", across(level.at()), top, top + height);
    } else {
      double y = up(chart.y(), level.at());
      add("<path class=\"level\" d=\"M%.1f %.1fH%.1f\"/>", left, y, left + width);
    }
  }

  /** Beside the line, over all that is there, if it can be on no marker. */
  private void words(Level level, int index) {
    if (level.upright()) {
      double x = across(level.at());
      boolean late = x > left + width * 0.7;
      text(x + (late ? -6 : 6), top + height - 6, late ? "end" : "start", "halo", level.words());
      return;
    }
    double y = up(chart.y(), level.at());
    double baseline = y - LINE < top - 8 ? y + 17 : y - 6;
    double half = CHARACTER * level.words().length() / 2;
    List<Double> middles =
        new ArrayList<>(List.of(left + 4 + half, left + width / 2, left + width - 4 - half));
    if (index % 2 == 1) {
      Collections.reverse(middles);
    }
    double middle =
        middles.stream()
            .filter(each -> taken.stream().noneMatch(other -> meets(other, each, half, baseline)))
            .findFirst()
            .orElse(middles.get(0));
    text(middle, baseline, "middle", "halo", level.words());
  }

  /** Whether words would stand on a marker or its bar. */
  private static boolean meets(Taken other, double middle, double half, double baseline) {
    return Math.abs(other.across() - middle) < half + RADIUS
        && Math.abs(other.along() - (baseline - 5)) < other.reach() + LINE / 2;
  }

  private void place(Series series) {
    for (Point point : series.points()) {
      if (!Chart.isSeen(point)) {
        continue;
      }
      double x = across(point.x());
      double y = up(chart.up(series), point.y());
      double[] at = {x, y};
      if (series.style() == Style.RINGS) {
        double[] under = placed.getOrDefault(point, under(point));
        at = under == null ? at : under;
      } else if (series.style().hasMarkers()) {
        boolean sideways = chart.isSideways();
        double[] bar = bar(series, point);
        double reach = RADIUS + Math.abs(bar[1] - bar[0]) / 2;
        double moved = free(series, sideways ? y : x, sideways ? x : y, reach);
        at[sideways ? 1 : 0] = moved;
      }
      placed.put(point, at);
    }
  }

  /** Where the first marker of the same values is; null where there is none. */
  private double[] under(Point point) {
    return chart.series().stream()
        .flatMap(each -> each.points().stream())
        .filter(each -> each.x() == point.x() && each.y() == point.y() && placed.containsKey(each))
        .findFirst()
        .map(placed::get)
        .orElse(null);
  }

  /** Where a marker hides none: at its place, or as near as there is room. */
  private double free(Series series, double across, double along, double reach) {
    double found = across;
    for (int move = 1; move <= MOVES && hides(series, found, along, reach); move++) {
      found = across + (move % 2 == 0 ? -1 : 1) * ((move + 1) / 2) * ASIDE;
    }
    taken.add(new Taken(series, found, along, reach));
    return found;
  }

  private boolean hides(Series series, double across, double along, double reach) {
    return taken.stream()
        .anyMatch(
            other ->
                other.of().equals(series)
                    ? Math.abs(other.across() - across) < 1 && Math.abs(other.along() - along) < 1
                    : Math.abs(other.across() - across) < ASIDE - 0.1
                        && Math.abs(other.along() - along) < other.reach() + reach);
  }

  /** Both ends of the bar of a point, on the axis that has numbers. */
  private double[] bar(Series series, Point point) {
    double value = chart.isSideways() ? point.x() : point.y();
    Axis axis = chart.isSideways() ? chart.x() : chart.up(series);
    double least = Math.max(axis.least(), value - point.error());
    double most = Math.min(axis.greatest(), value + point.error());
    return chart.isSideways()
        ? new double[] {across(least), across(most)}
        : new double[] {up(axis, least), up(axis, most)};
  }

  private void line(Series series) {
    if (!series.style().hasLine()) {
      return;
    }
    StringBuilder way = new StringBuilder();
    double[] last = null;
    for (Point point : series.points()) {
      double[] at = placed.get(point);
      if (at != null) {
        way.append(
            last == null
                ? String.format(Locale.ROOT, "M%.1f %.1f", at[0], at[1])
                : Chart.way(series.style(), last[0], last[1], at[0], at[1]));
      }
      // A value that is missing leaves a gap.
      last = at;
    }
    if (way.length() > 0) {
      add(
          "<g class=\"c%d\"><title>%s</title><path class=\"line\" d=\"%s\"/></g>",
          colour(series), Markup.escape(series.name()), way);
    }
  }

  private static int colour(Series series) {
    return series.colour() < 0 ? -1 : series.colour() % Chart.COLOURS;
  }

  private void markers(Series series) {
    boolean rings = series.style() == Style.RINGS;
    if (!rings && !series.style().hasMarkers()) {
      return;
    }
    for (Point point : series.points()) {
      double[] at = placed.get(point);
      if (at == null) {
        continue;
      }
      add("<g class=\"c%d\"><title>%s</title>", colour(series), Markup.escape(point.words()));
      if (point.error() > 0) {
        double[] bar = bar(series, point);
        if (chart.isSideways()) {
          add("<path class=\"bar\" d=\"M%.1f %.1fH%.1f\"/>", bar[0], at[1], bar[1]);
        } else {
          add("<path class=\"bar\" d=\"M%.1f %.1fV%.1f\"/>", at[0], bar[0], bar[1]);
        }
      }
      svg.append(mark(series, at[0], at[1])).append("</g>\n");
    }
  }

  private static String mark(Series series, double x, double y) {
    if (series.style() == Style.RINGS) {
      return String.format(
          Locale.ROOT, "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"9\"/>", x, y);
    }
    // Colour and marker together come again after 24.
    int marker = Math.max(0, series.colour());
    return String.format(
        Locale.ROOT,
        "<path class=\"dot\" transform=\"translate(%.1f %.1f)\" d=\"%s\"/>",
        x,
        y,
        MARKERS.get((marker + marker / 12) % MARKERS.size()));
  }

  /** Below, each with what it looks like. */
  private double legend(double from) {
    double x = 0;
    double y = from;
    for (Series series : chart.series()) {
      if (series.name().isEmpty()) {
        continue;
      }
      String name = Chart.cut(series.name(), 62);
      double needs = 34 + CHARACTER * name.length();
      if (x > 0 && x + needs > WIDTH) {
        x = 0;
        y += LINE + 3;
      }
      add("<g class=\"c%d\"><title>%s</title>", colour(series), Markup.escape(series.name()));
      if (series.style().hasLine()) {
        add("<path class=\"line\" d=\"M%.1f %.1fh24\"/>", x, y + 5);
      }
      if (series.style().hasMarkers() || series.style() == Style.RINGS) {
        svg.append(mark(series, x + 12, y + 5));
      }
      text(x + 30, y + 10, "start", "", name);
      svg.append("</g>\n");
      x += needs + 12;
    }
    return y + (x > 0 ? LINE : 0);
  }

  /** At the right ends of the lines, in their order, none over another. */
  private double names(double end) {
    record Name(Series series, double from, double at) {}
    List<Name> names =
        chart.series().stream()
            .filter(each -> !each.points().isEmpty())
            .filter(each -> placed.containsKey(each.points().get(each.points().size() - 1)))
            .map(
                each -> {
                  double[] last = placed.get(each.points().get(each.points().size() - 1));
                  return new Name(each, last[0], last[1]);
                })
            .sorted(Comparator.comparingDouble(Name::at))
            .toList();
    double room = top + height;
    double[] places = new double[names.size()];
    for (int i = 0; i < places.length; i++) {
      places[i] = Math.max(names.get(i).at(), i == 0 ? top : places[i - 1] + LINE - 2);
    }
    for (int i = places.length - 1; i >= 0; i--) {
      places[i] = Math.min(places[i], room);
      room = places[i] - LINE + 2;
    }
    for (int i = 0; i < places.length; i++) {
      Series series = names.get(i).series();
      double x = left + width;
      add(
          "<g class=\"c%d\"><path class=\"bar\" d=\"M%.1f %.1fL%.1f %.1f\"/>",
          colour(series), x - 4, names.get(i).at(), x + 6, places[i]);
      text(x + 9, places[i] + 5, "start", "name", Chart.cut(series.name(), LONGEST));
      svg.append("</g>\n");
    }
    return end;
  }
}
