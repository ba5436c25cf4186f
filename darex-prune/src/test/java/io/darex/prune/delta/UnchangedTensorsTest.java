package io.darex.prune.delta;

import static io.darex.prune.Checkpoints.values;
import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.Mask;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.Masks;
import io.darex.prune.mask.PerTensorMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.rescale.NormMatch;
import io.darex.prune.rescale.Rescale;
import io.darex.prune.safetensors.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tensors that fine-tuning left as they were, such as all but a few of an adapter's base. */
class UnchangedTensorsTest {
  private static final int SAME = 9;

  @TempDir private Path folder;
  private Path base;
  private Path tuned;
  private Path out;

  @BeforeEach
  void writePair() throws IOException {
    List<Tensor> before = new ArrayList<>();
    List<Tensor> after = new ArrayList<>();
    for (int i = 0; i < SAME; i++) {
      Tensor tensor = Checkpoints.random(i, "same" + i, 1, 100, 300);
      before.add(tensor);
      after.add(tensor);
    }
    Tensor changed = Checkpoints.random(99, "changed", 1, 100, 300);
    before.add(changed);
    after.add(Checkpoints.tuned(100, changed, "changed"));
    base = write("base", before);
    tuned = write("tuned", after);
    out = folder.resolve("delta");
  }

  private Path write(String name, List<Tensor> tensors) throws IOException {
    Path file = folder.resolve(name);
    Safetensors.write(file, tensors, Map.of(), true);
    return file;
  }

  private static Mask mask(String kind) {
    Map<String, Object> parameters =
        switch (kind) {
          case "stratified" -> Map.of("group", 10);
          case "magnitude" -> Map.of("scope", "tensor");
          default -> Map.of();
        };
    Map<String, Object> all = new TreeMap<>(parameters);
    all.put("dropRate", 0.9);
    if (Masks.KINDS.get(kind).keys().contains("seed")) {
      all.put("seed", 1);
    }
    return Masks.KINDS.get(kind).create(all);
  }

  private PruneJob job(Mask mask, Budget budget, Rescale rescale) throws IOException {
    return PruneJob.open(
        base, tuned, new Recipe(new Pruning(mask, Selection.ALL), budget, rescale, Values.F32));
  }

  @ParameterizedTest
  @ValueSource(strings = {"random", "stratified", "columns", "magnitude"})
  void costNothing(String kind) throws IOException {
    for (Rescale rescale : List.of(new InverseKeepRate(), new NormMatch(NormMatch.Norm.L2))) {
      PruneJob job = job(mask(kind), Budget.UNIFORM, rescale);
      PruneJob.Outcome outcome = job.run(out, WriteOptions.defaults().withForce(true));

      SparseDelta delta = SparseDeltaFile.read(out);
      for (int i = 0; i < SAME; i++) {
        assertThat(delta.kept().get("same" + i).kept()).isZero();
      }
      long kept = delta.kept().get("changed").kept();
      assertThat(kept).isBetween(2500L, 3500L);
      assertThat(outcome.kept()).isEqualTo(kept);
      assertThat(outcome.zeroShare()).isEqualTo(0.9);
      // What is announced is what is written, but for a header that is taken to be long.
      assertThat(job.expectedBytes()).isBetween(outcome.bytes(), outcome.bytes() + 11 * 512 + 3000);
      Checkpoint before = HuggingFaceFolder.open(base);
      Checkpoint pruned = delta.applyTo(before);
      for (int i = 0; i < SAME; i++) {
        assertThat(values(pruned.tensors().get("same" + i)))
            .containsExactly(values(before.tensors().get("same" + i)));
      }
      // The one that changed is pruned as if it were alone.
      Mask alone = delta.mask().of("changed");
      assertThat(alone.dropRate()).isEqualTo(0.9);
      assertThat(
              Verification.of(
                  out, Optional.of(before), Optional.of(HuggingFaceFolder.open(tuned)), 2))
          .allMatch(check -> check.state() != Verification.State.FAILED);
    }
  }

  @Test
  void whatChangedIsKeptAsItWasBefore() throws IOException {
    job(mask("random"), Budget.UNIFORM, new InverseKeepRate()).run(out, WriteOptions.defaults());
    SparseDelta delta = SparseDeltaFile.read(out);
    assertThat(delta.scale().q("changed")).isEqualTo(1 - 0.9);
    Checkpoint before = HuggingFaceFolder.open(base);
    SparseDelta plain =
        new Pruning(mask("random"), Selection.ALL).prune(before, HuggingFaceFolder.open(tuned));
    assertThat(values(delta.applyTo(before).tensors().get("changed")))
        .containsExactly(values(plain.applyTo(before).tensors().get("changed")));
    assertThat(Files.size(out)).isLessThan(20_000);
  }

  @Test
  void getNothingOfABudget() throws IOException {
    job(mask("random"), Budget.VARIANCE, new InverseKeepRate()).run(out, WriteOptions.defaults());
    PerTensorMask mask = (PerTensorMask) SparseDeltaFile.read(out).mask();
    assertThat(mask.rates()).containsEntry("same0", 1.0).containsEntry("changed", 0.9);
    assertThat(mask.dropRate()).isEqualTo(0.9);
  }

  /** All that changed is pruned by the very mask that was asked for: no rates are written. */
  @Test
  void areNotSoughtWhereTheMaskKeepsNoZeros() throws IOException {
    job(mask("magnitude"), Budget.UNIFORM, new InverseKeepRate()).run(out, WriteOptions.defaults());
    assertThat(SparseDeltaFile.read(out).mask()).isEqualTo(mask("magnitude"));
  }
}
