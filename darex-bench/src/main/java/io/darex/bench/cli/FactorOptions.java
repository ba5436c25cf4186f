package io.darex.bench.cli;

import io.darex.bench.config.Rate;
import io.darex.bench.console.BadInputException;
import io.darex.bench.console.Console;
import io.darex.bench.console.Progress;
import io.darex.bench.console.Table;
import io.darex.prune.Scale;
import io.darex.prune.delta.FactorPruning;
import io.darex.prune.folder.PeftAdapter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/**
 * The options of {@code darex prune} that prune the factors of a LoRA adapter (docs/METHOD.md §7).
 */
final class FactorOptions {
  @Option(
      names = "--adapter",
      paramLabel = "DIR",
      description =
          "A PEFT LoRA adapter, instead of --base and --tuned: prune its factors A and B and"
              + " write an adapter again.")
  private Path adapter;

  @Option(
      names = "--drop-rate-a",
      paramLabel = "P",
      converter = Rate.class,
      description = "Drop rate of the factors A; default: --drop-rate.")
  private Double dropRateA;

  @Option(
      names = "--drop-rate-b",
      paramLabel = "P",
      converter = Rate.class,
      description = "Drop rate of the factors B; default: --drop-rate.")
  private Double dropRateB;

  @Option(names = "--q-a", paramLabel = "Q", description = "The q of the factors A; default: --q.")
  private Double qA;

  @Option(names = "--q-b", paramLabel = "Q", description = "The q of the factors B; default: --q.")
  private Double qB;

  /** Whether an adapter is to be pruned. */
  boolean given() {
    return adapter != null;
  }

  /** Refuses the options of single factors where there are none. */
  void requireNone() {
    if (dropRateA != null || dropRateB != null || qA != null || qB != null) {
      throw new BadInputException(
          "expected --adapter with --drop-rate-a, --drop-rate-b, --q-a and --q-b, got none");
    }
  }

  /** Does all that the command does with an adapter. */
  void prune(
      RecipeOptions options,
      Path out,
      WorkOptions work,
      boolean dryRun,
      boolean json,
      Console console)
      throws IOException {
    work.requireFolder(out, options.inputs().and(adapter));
    PeftAdapter.beside(adapter).ifPresent(console::say);
    FactorPruning pruning =
        FactorPruning.open(
            adapter, options.factor(own(dropRateA, qA)), options.factor(own(dropRateB, qB)));
    if (dryRun) {
      pruning.report().forEach(console.out()::println);
      return;
    }
    pruning.report().forEach(console::say);
    FactorPruning.Outcome outcome;
    try (Progress progress = console.progressOfBytes("prune", pruning.bytes())) {
      outcome = pruning.run(out, work.options(progress));
    }
    report(out, outcome, json, console);
  }

  private static Map<String, Object> own(Double dropRate, Double q) {
    Map<String, Object> own = new TreeMap<>();
    own.put("dropRate", dropRate);
    own.put("q", q);
    return own;
  }

  private static void report(Path out, FactorPruning.Outcome outcome, boolean json, Console console)
      throws IOException {
    if (json) {
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("folder", out.toString());
      result.put("entries", outcome.entries());
      result.put("nonZeros", outcome.nonZeros());
      result.put("qA", q(outcome.qA()).getAverage());
      result.put("qB", q(outcome.qB()).getAverage());
      result.put("unbiased", outcome.unbiased());
      console.json(result);
      return;
    }
    double product = q(outcome.qA()).getAverage() * q(outcome.qB()).getAverage();
    console
        .out()
        .printf(
            Locale.ROOT,
            "%s: %,d of %,d entries are not zero, q %s of A, %s of B, together %s (unbiased %s)%n",
            out,
            outcome.nonZeros(),
            outcome.entries(),
            Table.number(q(outcome.qA()).getAverage()),
            Table.number(q(outcome.qB()).getAverage()),
            Table.number(product),
            Table.number(outcome.unbiased()));
  }

  /** One q, or those of single tensors, whose mean is shown. */
  private static DoubleSummaryStatistics q(Scale scale) {
    DoubleSummaryStatistics own =
        scale.perTensor().values().stream().collect(Collectors.summarizingDouble(q -> q));
    if (own.getCount() == 0) {
      own.accept(scale.fallback());
    }
    return own;
  }
}
