package io.darex.bench.cli;

import io.darex.bench.console.Size;
import io.darex.bench.console.Table;
import io.darex.bench.select.Smallest;
import io.darex.bench.select.Smallest.Step;
import io.darex.bench.select.Words;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The smallest file as text and as JSON.
 *
 * @param command what makes it
 */
record SmallestText(Smallest smallest, String command) {
  private static final double PERCENT = 100;

  void print(PrintStream out) {
    smallest.sentences().forEach(out::println);
    out.println();
    Table table = new Table("at most", "method", "q", "loss", "95 %", "draws within", "allowed");
    for (Step step : smallest.steps()) {
      table.row(
          Size.text(step.bytes()),
          step.method(),
          Words.number(step.q()),
          String.format(Locale.ROOT, "%.4f", step.loss()),
          String.format(Locale.ROOT, "± %.4f", step.width()),
          String.format(Locale.ROOT, "%.0f %%", PERCENT * step.sure()),
          step.allowed() ? "yes" : "no");
    }
    table.print(out);
    out.printf(Locale.ROOT, "%n%s%n%n# for darex prune --config%n", command);
    out.print(smallest.recipe().yaml(""));
  }

  /** All of it, as JSON takes it. */
  Map<String, Object> json() {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("tolerance", smallest.tolerance());
    result.put("metric", smallest.metric());
    result.put("texts", smallest.texts());
    result.put("tuned", smallest.tuned());
    result.put("bytes", smallest.bytes());
    result.put("denseBytes", smallest.denseBytes());
    result.put("ratio", smallest.ratio());
    result.put("loss", smallest.loss());
    result.put("width", smallest.width());
    result.put("sure", smallest.sure());
    result.put("recipe", smallest.recipe().keys());
    result.put("steps", smallest.steps());
    result.put("command", command);
    result.put("seconds", smallest.seconds());
    return result;
  }
}
