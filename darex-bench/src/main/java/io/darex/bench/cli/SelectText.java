package io.darex.bench.cli;

import io.darex.bench.console.Table;
import io.darex.bench.select.Answer;
import io.darex.bench.select.Answer.Measured;
import io.darex.bench.select.Answer.Row;
import io.darex.bench.select.Decision;
import io.darex.bench.select.Measurements.PrunedTensor;
import io.darex.bench.select.Words;
import io.darex.prune.rescale.LayerInfluences;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A selection as text and as JSON. */
final class SelectText {
  private static final int SHOWN = 8;

  private final Answer answer;
  private final String qFile;

  /**
   * @param qFile what the recipe calls its file of q's
   */
  SelectText(Answer answer, String qFile) {
    this.answer = answer;
    this.qFile = qFile;
  }

  void print(PrintStream out) {
    out.printf(
        Locale.ROOT,
        "Target: %s. Mean |Δ| %.2e%s.%n%n",
        answer.target(),
        answer.measurements().meanAbsolute(),
        answer.measurements().alignment().isPresent()
            ? String.format(
                Locale.ROOT, ", alignment r %.3g", answer.measurements().alignment().getAsDouble())
            : "");
    tensors().print(out);
    int left = answer.measurements().tensors().size() - SHOWN;
    out.println(left > 0 ? "and " + left + " more, which --json and --out have" : "");
    for (Decision decision : answer.decisions()) {
      out.printf(
          Locale.ROOT,
          "%s %s (%s) -> %s%n",
          decision.question(),
          decision.measured(),
          decision.threshold(),
          decision.way());
    }
    out.println();
    answer.trial().ifPresent(measured -> print(measured, out));
    out.printf(Locale.ROOT, "Recommended: %s%n", answer.method());
    answer.remarks().forEach(remark -> out.println("  " + remark));
    out.printf(Locale.ROOT, "%n# for darex prune --config%n");
    out.print(answer.recipe().yaml(qFile));
    if (answer.recipe().hasQFile()) {
      out.printf(Locale.ROOT, "%n# %s%n", qFile);
      out.print(answer.recipe().qYaml());
    }
  }

  /** Those that changed most, which are the ones that pruning hurts first. */
  private Table tensors() {
    Table table = new Table("tensor", "mean |Δ|", "variance", "c mean", "σ", "r", "error");
    List<PrunedTensor> sorted =
        answer.measurements().tensors().stream()
            .sorted(Comparator.comparingDouble((PrunedTensor each) -> -each.meanAbsolute()))
            .toList();
    for (PrunedTensor tensor : sorted.stream().limit(SHOWN).toList()) {
      List<String> cells = new ArrayList<>();
      cells.add(tensor.name());
      cells.add(exponent(tensor.meanAbsolute()));
      cells.add(exponent(tensor.variance()));
      cells.addAll(
          tensor
              .influences()
              .map(
                  layer ->
                      List.of(
                          exponent(layer.mean()),
                          exponent(layer.deviation()),
                          Words.number(layer.alignment()),
                          Words.number(layer.errorAtKeepRate(answer.dropRate()))))
              .orElse(List.of("", "", "", "")));
      table.row(cells.toArray(String[]::new));
    }
    return table;
  }

  private static String exponent(double value) {
    return String.format(Locale.ROOT, "%.2e", value);
  }

  private static void print(Measured measured, PrintStream out) {
    out.printf(
        Locale.ROOT,
        "Trial by %s on %d texts%s, masks of seeds %s:%n",
        measured.metric(),
        measured.texts(),
        measured.tuned().isPresent()
            ? String.format(Locale.ROOT, " (tuned model %.4g)", measured.tuned().getAsDouble())
            : "",
        measured.seeds());
    boolean rates = measured.rows().stream().mapToDouble(Row::dropRate).distinct().count() > 1;
    Table table = new Table("candidate", "q", "score", "95 %", "behind", "95 %", "masks", "s");
    for (Row row : measured.rows()) {
      String rate = rates ? " at " + Table.number(row.dropRate()) : "";
      table.row(
          (row.chosen() ? "> " : "  ") + row.name() + rate,
          row.q(),
          String.format(Locale.ROOT, "%.4f", row.score()),
          String.format(Locale.ROOT, "± %.4f", row.width()),
          String.format(Locale.ROOT, "%.4f", row.behind()),
          String.format(Locale.ROOT, "± %.4f", row.behindWidth()),
          Integer.toString(row.masks()),
          String.format(Locale.ROOT, "%.0f", row.seconds()));
    }
    table.print(out);
    measured.skipped().forEach(out::println);
    out.println();
  }

  /** All of it, as JSON takes it. */
  Map<String, Object> json() {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("target", answer.target());
    result.put("dropRate", answer.dropRate());
    result.put("method", answer.method());
    Map<String, Object> recipe = new LinkedHashMap<>(answer.recipe().keys());
    result.put("recipe", recipe);
    result.put("q", answer.recipe().scale().fallback());
    result.put("qPerTensor", new TreeMap<>(answer.recipe().scale().perTensor()));
    result.put("remarks", answer.remarks());
    result.put("decisions", answer.decisions());
    answer.trial().ifPresent(measured -> result.put("trial", json(measured)));
    result.put("meanAbsolute", answer.measurements().meanAbsolute());
    answer.measurements().alignment().ifPresent(r -> result.put("alignment", r));
    result.put("tensors", answer.measurements().tensors().stream().map(this::json).toList());
    result.put("seconds", answer.seconds());
    return result;
  }

  private static Map<String, Object> json(Measured measured) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("metric", measured.metric());
    result.put("proxy", measured.proxy());
    result.put("texts", measured.texts());
    result.put("seeds", measured.seeds());
    measured.tuned().ifPresent(score -> result.put("tuned", score));
    result.put("maskDeviation", measured.maskDeviation());
    result.put("candidates", measured.rows());
    result.put("skipped", measured.skipped());
    return result;
  }

  private Map<String, Object> json(PrunedTensor tensor) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("name", tensor.name());
    result.put("entries", tensor.entries());
    result.put("meanAbsolute", tensor.meanAbsolute());
    result.put("variance", tensor.variance());
    if (tensor.influences().isPresent()) {
      LayerInfluences layer = tensor.influences().get();
      result.put("influenceMean", layer.mean());
      result.put("influenceDeviation", layer.deviation());
      result.put("alignment", layer.alignment());
      result.put("errorAtKeepRate", layer.errorAtKeepRate(answer.dropRate()));
    }
    return result;
  }
}
