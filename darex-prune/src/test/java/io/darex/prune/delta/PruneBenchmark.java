package io.darex.prune.delta;

import io.darex.prune.Mask;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.mask.Masks;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Rescales;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Pruning a pair of files, and applying what comes out, next to copying one of the two, all in one
 * process that has warmed up.
 *
 * <p>{@code mvn -q -pl darex-prune test-compile exec:exec
 * -Dbenchmark=io.darex.prune.delta.PruneBenchmark -Dfolder=DIR}, where DIR holds {@code
 * base.safetensors} and {@code tuned.safetensors} as {@code Pair.java} in darex-bench/src/study
 * makes them. Minima of {@value #ROUNDS} rounds in turn, since other work comes and goes.
 */
final class PruneBenchmark {
  private static final int ROUNDS = 8;

  private final Path base;
  private final Path tuned;
  private final Path out;
  private final Path delta;

  private PruneBenchmark(Path folder) {
    base = folder.resolve("base.safetensors");
    tuned = folder.resolve("tuned.safetensors");
    out = folder.resolve("out.safetensors");
    delta = folder.resolve("delta.safetensors");
  }

  /** Work that is timed. */
  private interface Work {
    void run() throws IOException;
  }

  /** Measures and prints. */
  public static void main(String[] args) throws IOException {
    new PruneBenchmark(Path.of(args[0])).run();
  }

  private void run() throws IOException {
    Map<String, Work> works = new LinkedHashMap<>();
    works.put("copy", () -> Files.copy(tuned, out, StandardCopyOption.REPLACE_EXISTING));
    works.put("copy and sync", this::copyAndSync);
    for (double p : new double[] {0.9, 0.99, 0.999}) {
      works.put("random " + p, () -> prune(mask("random", p), false));
    }
    works.put("random 0.99, digests", () -> prune(mask("random", 0.99), true));
    works.put("magnitude 0.99", () -> prune(mask("magnitude", 0.99), false));
    works.put("apply", this::apply);
    prune(mask("random", 0.99), false);
    Files.move(out, delta, StandardCopyOption.REPLACE_EXISTING);
    Map<String, Double> best = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, Work> work : works.entrySet()) {
        Files.deleteIfExists(out);
        long start = System.nanoTime();
        work.getValue().run();
        best.merge(work.getKey(), (System.nanoTime() - start) * 1e-6, Math::min);
      }
    }
    System.out.println("| work | ms | ÷ copy |\n| --- | --- | --- |");
    best.forEach(
        (name, ms) ->
            System.out.printf(
                Locale.ROOT, "| %s | %.0f | %.2f |%n", name, ms, ms / best.get("copy")));
    Files.delete(out);
    Files.delete(delta);
  }

  private void copyAndSync() throws IOException {
    Files.copy(tuned, out, StandardCopyOption.REPLACE_EXISTING);
    try (FileChannel channel = FileChannel.open(out, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
  }

  private static Mask mask(String kind, double dropRate) {
    return Masks.create(
        kind,
        kind.equals("random")
            ? Map.of("seed", 42, "dropRate", dropRate)
            : Map.of("dropRate", dropRate));
  }

  private void prune(Mask mask, boolean digests) throws IOException {
    Recipe recipe = new Recipe(mask, Rescales.create("inverse-keep-rate", Map.of()));
    PruneJob.Settings settings = new PruneJob.Settings(recipe, Optional.empty(), digests);
    PruneJob.open(base, tuned, settings).run(out, WriteOptions.defaults());
  }

  private void apply() throws IOException {
    ApplyJob.open(base, delta, ApplyJob.Settings.defaults().withDigest(false))
        .run(out, WriteOptions.defaults());
  }
}
