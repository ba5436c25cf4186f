package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Pruning;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.Masks;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.rescale.Rescales;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Divided work comes to the bytes of undivided work. */
class DividedPruningTest {
  private static final int TENSORS = 50;

  @TempDir private static Path folder;
  private static Path base;
  private static Path tuned;

  /** More tensors than parts, of sizes that differ, in shards, with a head that the base lacks. */
  @BeforeAll
  static void writePair() throws IOException {
    List<Tensor> before = new ArrayList<>();
    List<Tensor> after = new ArrayList<>();
    for (int i = 0; i < TENSORS; i++) {
      String name = "layer." + i + ".weight";
      Tensor tensor = Checkpoints.random(i, name, 1, 4 + 3 * (i % 7), 8L * (1 + i % 5));
      before.add(tensor);
      // Some did not change.
      after.add(i % 6 == 1 ? tensor : Checkpoints.tuned(1000 + i, tensor, name));
    }
    after.add(Checkpoints.random(7, "classifier.weight", 1, 2, 8));
    base = write("base", before);
    tuned = write("tuned", after);
  }

  private static Path write(String name, List<Tensor> tensors) throws IOException {
    Path path = folder.resolve(name);
    Checkpoint checkpoint = InMemoryCheckpoint.of(tensors, Optional.of("{}"));
    HuggingFaceFolder.write(
        path, checkpoint, Map.of(), OptionalLong.of(20_000), WriteOptions.defaults());
    return path;
  }

  private static Recipe recipe(
      String mask, Map<String, ?> parameters, Rescale rescale, Values values) {
    Map<String, Object> all = new TreeMap<>(parameters);
    if (!mask.equals("n:m")) {
      all.put("dropRate", 0.9);
    }
    return new Recipe(
        new Pruning(Masks.KINDS.get(mask).create(all)), Budget.UNIFORM, rescale, values);
  }

  @ParameterizedTest
  @CsvSource({
    "random, inverse-keep-rate, F32",
    "random, norm-match, F32",
    "random, q, BF16",
    "stratified, none, F16",
    "magnitude, none, F32",
    "magnitude, norm-match, BF16",
    "columns, norm-match, F32",
    "n:m, norm-match, F32"
  })
  void theBytesAreThoseOfUndividedWork(String mask, String rescale, Values values)
      throws IOException {
    Map<String, Object> parameters =
        switch (mask) {
          case "stratified" -> Map.of("group", 16L);
          case "magnitude" -> Map.of("scope", "row");
          case "n:m" -> Map.of("keep", "2:4");
          default -> Map.of();
        };
    // A pattern that the tensors of most parts do not match.
    Map<String, Object> q = Map.of("fallback", 0.5, "tensors", Map.of("layer.1*", 0.25));
    Rescale found = Rescales.create(rescale, rescale.equals("q") ? q : Map.of());
    PruneJob job = PruneJob.open(base, tuned, recipe(mask, parameters, found, values));
    Path whole = folder.resolve("whole");
    PruneJob.Outcome expected = job.run(whole, WriteOptions.defaults().withForce(true));
    long seed = System.nanoTime();

    Path divided = folder.resolve("divided");
    List<DividedPruning.Part> seen = new ArrayList<>();
    PruneJob.Outcome outcome =
        new DividedPruning(job)
            .run(
                divided,
                WriteOptions.defaults().withForce(true).withThreads(2),
                parts -> {
                  List<DividedPruning.Part> order = new ArrayList<>(parts);
                  Collections.shuffle(order, new Random(seed));
                  for (DividedPruning.Part part : order) {
                    // As another process would do it.
                    PruneJob theirs =
                        PruneJob.open(base, tuned, recipe(mask, parameters, found, values));
                    new DividedPruning(theirs).prune(part, 1);
                  }
                  seen.addAll(parts);
                });

    assertThat(divided).as("seed " + seed).hasBinaryContent(Files.readAllBytes(whole));
    assertThat(outcome.kept()).isEqualTo(expected.kept());
    assertThat(outcome.scale()).isEqualTo(expected.scale());
    assertThat(outcome.zeroShare()).isEqualTo(expected.zeroShare());
    assertThat(seen).hasSizeBetween(10, 32);
    assertThat(seen.stream().mapToLong(DividedPruning.Part::entries).sum())
        .isEqualTo(job.delta().entries());
    assertThat(partsOf(divided)).isEmpty();
  }

  private static List<Path> partsOf(Path file) throws IOException {
    try (Stream<Path> files = Files.list(file.getParent())) {
      return files
          .filter(path -> path.getFileName().toString().startsWith("." + file.getFileName()))
          .toList();
    }
  }

  @Test
  void whatWasDoneBeforeAnEndIsNotDoneAgainButAnotherJobBeginsAnew() throws IOException {
    Recipe recipe =
        recipe("random", Map.of(), Rescales.create("inverse-keep-rate", Map.of()), Values.F32);
    PruneJob job = PruneJob.open(base, tuned, recipe);
    DividedPruning divided = new DividedPruning(job);
    Path file = folder.resolve("cut-short");

    assertThatIOException()
        .isThrownBy(
            () ->
                divided.run(
                    file,
                    WriteOptions.defaults(),
                    parts -> {
                      divided.prune(parts.get(0), 1);
                      divided.prune(parts.get(3), 1);
                      throw new IOException("a worker is lost");
                    }))
        .withMessage("a worker is lost");
    assertThat(file).doesNotExist();

    List<Integer> counts = new ArrayList<>();
    PruneJob other =
        PruneJob.open(
            base, tuned, recipe("random", Map.of("seed", 6L), recipe.rescale(), Values.F32));
    for (PruneJob each : List.of(job, other)) {
      DividedPruning again = new DividedPruning(each);
      again.run(
          file,
          WriteOptions.defaults().withForce(true),
          parts -> {
            counts.add(parts.size());
            for (DividedPruning.Part part : parts) {
              again.prune(part, 2);
            }
          });
    }
    assertThat(counts.get(0)).isEqualTo(counts.get(1) - 2);
  }

  @Test
  void whatComparesTensorsIsRefused() throws IOException {
    Rescale none = Rescales.create("none", Map.of());
    Recipe model = recipe("magnitude", Map.of("scope", "model"), none, Values.F32);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DividedPruning(PruneJob.open(base, tuned, model)))
        .withMessageEndingWith("got mask magnitude, which compares entries of all tensors");
    Recipe texts = recipe("random", Map.of(), Rescales.create("q-labelled", Map.of()), Values.F32);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DividedPruning(PruneJob.open(base, tuned, texts)))
        .withMessageEndingWith("got rescale q-labelled, which looks at texts");
    Recipe budget =
        new Recipe(
            recipe("random", Map.of(), none, Values.F32).pruning(),
            Budget.VARIANCE,
            none,
            Values.F32);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new DividedPruning(PruneJob.open(base, tuned, budget)))
        .withMessageContaining("budget variance, which weighs tensors");
  }
}
