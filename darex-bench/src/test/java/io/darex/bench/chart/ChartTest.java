package io.darex.bench.chart;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.chart.Axis.Tick;
import io.darex.bench.chart.Chart.Level;
import io.darex.bench.chart.Series.Point;
import io.darex.bench.chart.Series.Style;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.xml.sax.InputSource;

class ChartTest {
  private static final String HOSTILE =
      "</text><script>a()</script>\" ' & \u202e\u0000 ]]> ${x} $1";

  private static Chart.ChartBuilder chart() {
    return Chart.builder()
        .id("p.1")
        .title("title")
        .description("description")
        .x(Axis.linear("across", List.of(0.0, 10.0)))
        .y(Axis.linear("up", List.of(0.0, 1.0)));
  }

  private static Document xml(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  /** Where the markers of points stand. */
  private static List<double[]> dots(String svg) {
    Matcher dot =
        Pattern.compile("class=\"dot\" transform=\"translate\\((\\S+) (\\S+)\\)").matcher(svg);
    List<double[]> dots = new ArrayList<>();
    while (dot.find()) {
      dots.add(new double[] {Double.parseDouble(dot.group(1)), Double.parseDouble(dot.group(2))});
    }
    return dots;
  }

  @Test
  void namesAreNoMarkup() throws Exception {
    Chart chart =
        chart()
            .title(HOSTILE)
            .description(HOSTILE)
            .x(Axis.at(HOSTILE, false, List.of(new Tick(0, HOSTILE), new Tick(9, HOSTILE))))
            .y(Axis.names(HOSTILE, List.of(HOSTILE, HOSTILE)))
            .level(new Level(HOSTILE, 3, true))
            .add(new Series(HOSTILE, Style.LINE, 0, List.of(new Point(1, 0, 2, HOSTILE))))
            .build();

    for (String svg : List.of(chart.svg(), Chart.alone(chart.svg()))) {
      assertThat(svg).doesNotContain("<script", "\u202e", "\u0000");
      assertThat(xml(svg).getElementsByTagName("script").getLength()).isZero();
    }
    assertThat(Chart.alone(chart.svg())).containsOnlyOnce("<style>");
  }

  /** Equal points of several series are all seen, and so are equal ones of one. */
  @Test
  void noMarkerHidesAnother() {
    Chart.ChartBuilder chart = chart();
    for (int series = 0; series < 4; series++) {
      chart.add(
          new Series(
              "s" + series,
              Style.LINE,
              series,
              List.of(new Point(2, 0.5, 0.1, "a"), new Point(8, 0.5, "b"))));
    }
    chart.add(
        new Series("p", Style.POINTS, 4, List.of(new Point(5, 1, "c"), new Point(5, 1, "d"))));
    List<double[]> dots = dots(chart.build().svg());
    // The legend's markers stand below.
    assertThat(dots).hasSize(4 * 2 + 2 + 5);
    for (int i = 0; i < dots.size(); i++) {
      for (int j = 0; j < i; j++) {
        double[] one = dots.get(i);
        double[] other = dots.get(j);
        assertThat(Math.hypot(one[0] - other[0], one[1] - other[1])).isGreaterThan(6);
      }
    }
  }

  @Test
  void aRingIsAroundThePointWhereverThatWasMoved() {
    Point point = new Point(5, 0.5, "best");
    String svg =
        chart()
            .add(new Series("a", Style.POINTS, 0, List.of(new Point(5, 0.5, "other"))))
            .add(new Series("b", Style.POINTS, 1, List.of(point)))
            .add(new Series("", Style.RINGS, 1, List.of(point)))
            .build()
            .svg();
    double[] second = dots(svg).get(1);
    assertThat(svg)
        .contains(String.format(Locale.ROOT, "cx=\"%.1f\" cy=\"%.1f\"", second[0], second[1]));
  }

  @Test
  void stairsGoAlongBeforeOrAfter() {
    List<Point> points = List.of(new Point(0, 0, ""), new Point(10, 1, ""));
    String first = chart().add(new Series("f", Style.ALONG_FIRST, 0, points)).build().svg();
    String last = chart().add(new Series("f", Style.ALONG_LAST, 0, points)).build().svg();
    Pattern way = Pattern.compile("d=\"M(\\S+) (\\S+)L(\\S+) (\\S+)L(\\S+) (\\S+)\"");
    Matcher along = way.matcher(first);
    Matcher up = way.matcher(last);
    assertThat(along.find()).isTrue();
    assertThat(up.find()).isTrue();
    assertThat(along.group(4)).as("at the height of the first").isEqualTo(along.group(2));
    assertThat(along.group(3)).isEqualTo(along.group(5));
    assertThat(up.group(3)).as("above the first").isEqualTo(up.group(1));
    assertThat(up.group(4)).isEqualTo(up.group(6));
  }

  @Test
  void barsAndDotsHaveTheColourOfTheirSeriesAndWhatIsMissingLeavesAGap() {
    String svg =
        chart()
            .add(
                new Series(
                    "s",
                    Style.LINE,
                    3,
                    List.of(
                        new Point(0, 0, 0.1, "a"),
                        new Point(5, Double.NaN, "none"),
                        new Point(9, 1, 0.1, "b"))))
            .build()
            .svg();
    assertThat(svg).doesNotContain("NaN", ">none<");
    assertThat(svg).containsPattern("<g class=\"c3\"><title>a</title>\\s*<path class=\"bar\"");
    assertThat(svg).containsPattern("class=\"line\" d=\"M\\S+ \\S+M\\S+ \\S+\"");
  }

  /** So that every line is known by its name, however many there are. */
  @Test
  void namesAtTheEndsOfLinesDoNotMeet() {
    Chart.ChartBuilder chart = chart().labelled(true);
    for (int i = 0; i < 26; i++) {
      chart.add(
          new Series(
              "layer " + i,
              Style.TREND,
              i,
              List.of(new Point(0, 0, ""), new Point(9, i % 3 * 0.1, ""))));
    }
    Matcher name =
        Pattern.compile("y=\"(\\S+)\" text-anchor=\"start\" class=\"name\"")
            .matcher(chart.build().svg());
    List<Double> heights = new ArrayList<>();
    while (name.find()) {
      heights.add(Double.parseDouble(name.group(1)));
    }
    assertThat(heights).hasSize(26).isSorted();
    for (int i = 1; i < heights.size(); i++) {
      assertThat(heights.get(i) - heights.get(i - 1)).isGreaterThan(16);
    }
  }

  @Test
  void ticksOfOneAxisDoNotMeet() {
    List<Tick> ticks = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      ticks.add(new Tick(i, "0.99" + i));
    }
    String svg = chart().x(Axis.at("rate", false, ticks)).build().svg();
    Matcher tick =
        Pattern.compile("<text x=\"(\\S+)\" y=\"\\S+\" text-anchor=\"middle\" class=\"soft\">0.99")
            .matcher(svg);
    double last = -100;
    int seen = 0;
    for (; tick.find(); seen++) {
      double x = Double.parseDouble(tick.group(1));
      assertThat(x - last).isGreaterThan(5 * 8);
      last = x;
    }
    assertThat(seen).isBetween(5, 15);
  }
}
