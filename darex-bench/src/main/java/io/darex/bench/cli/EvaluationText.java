package io.darex.bench.cli;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.console.Console;
import io.darex.bench.encoder.MultiplyAdds;
import io.darex.bench.pipeline.Evaluation;
import io.darex.bench.task.Part;
import io.darex.bench.task.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * What {@code darex evaluate} prints.
 *
 * @param model as it was named
 * @param delta what was put onto it
 * @param json whether as JSON
 */
record EvaluationText(String model, Optional<Path> delta, boolean json, Console console) {
  /** Prints the metrics of every part. */
  void print(Task task, List<Evaluation> evaluations, Optional<MultiplyAdds> work)
      throws IOException {
    ObjectNode root = new JsonMapper().createObjectNode();
    root.put("task", task.name());
    root.put("model", model);
    delta.ifPresent(file -> root.put("delta", file.toString()));
    root.put("primary", task.scoring().primary());
    ArrayNode parts = root.putArray("parts");
    for (Evaluation evaluation : evaluations) {
      Part part = evaluation.predictions().part();
      double rate = evaluation.tokens() / evaluation.seconds();
      ObjectNode node = parts.addObject();
      node.put("part", part.name());
      ObjectNode metrics = node.putObject("metrics");
      evaluation
          .metrics()
          .forEach(
              (name, value) -> metrics.put(name, value.isPresent() ? value.getAsDouble() : null));
      node.put("examples", part.examples().size());
      node.put("cut", evaluation.cut());
      node.put("tokens", evaluation.tokens());
      node.put("tokensPerSecond", rate);
      node.put("seconds", evaluation.seconds());
      if (!json) {
        console
            .out()
            .printf(
                Locale.ROOT,
                "%s %s: %s%d examples, %d tokens, %.0f tokens/s, %.2f s%n",
                task.name(),
                part.name(),
                words(evaluation.metrics()),
                part.examples().size(),
                evaluation.tokens(),
                rate,
                evaluation.seconds());
      }
    }
    work.ifPresent(done -> print(root, done));
    if (json) {
      console.pretty(root);
    }
  }

  private void print(ObjectNode root, MultiplyAdds work) {
    ObjectNode node = root.putObject("beside");
    node.put("multiplyAdds", work.kept());
    node.put("multiplyAddsDense", work.dense());
    node.put("skipped", work.skipped());
    if (!json) {
      console
          .out()
          .printf(
              Locale.ROOT,
              "delta beside the base: %.2f %% of its multiply-adds skipped, %d of %d done%n",
              100 * work.skipped(),
              work.kept(),
              work.dense());
    }
  }

  private static String words(Map<String, OptionalDouble> metrics) {
    return metrics.entrySet().stream()
        .map(
            metric ->
                metric.getValue().isPresent()
                    ? String.format(
                        Locale.ROOT, "%s %.4f, ", metric.getKey(), metric.getValue().getAsDouble())
                    : metric.getKey() + " undefined, ")
        .collect(Collectors.joining());
  }
}
