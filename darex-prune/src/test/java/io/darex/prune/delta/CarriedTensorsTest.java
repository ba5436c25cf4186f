package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoint;
import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.MismatchException;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Pruning;
import io.darex.prune.Selection;
import io.darex.prune.Tensor;
import io.darex.prune.Values;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.mask.Budget;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.InverseKeepRate;
import io.darex.prune.safetensors.Safetensors;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.LongTensor;
import io.darex.prune.tensor.RawTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is not pruned goes through prune and apply byte for byte, whatever it is. */
class CarriedTensorsTest {
  @TempDir private Path folder;

  private final Tensor before = Checkpoints.random(1, "w", 1, 16, 16);
  private final Tensor after = Checkpoints.tuned(2, before, "w");

  private PruneJob job(Selection selection) throws IOException {
    Recipe recipe =
        new Recipe(
            new Pruning(new RandomMask(0, 0.5), selection),
            Budget.UNIFORM,
            new InverseKeepRate(),
            Values.F32);
    return PruneJob.open(path("base"), path("tuned"), recipe);
  }

  private Path path(String name) {
    return folder.resolve(name + ".safetensors");
  }

  private void pair(List<Tensor> beside, List<Tensor> besideTuned) throws IOException {
    write("base", before, beside);
    write("tuned", after, besideTuned);
  }

  private void write(String name, Tensor first, List<Tensor> others) throws IOException {
    List<Tensor> all = new ArrayList<>(others);
    all.add(first);
    Safetensors.write(path(name), all, Map.of(), true);
  }

  private Checkpoint through(Selection selection) throws IOException {
    job(selection).run(path("delta"), WriteOptions.defaults());
    ApplyJob apply = ApplyJob.open(path("base"), path("delta"));
    apply.run(path("out"), WriteOptions.defaults());
    assertThat(
            Verification.of(
                path("delta"),
                Optional.of(Safetensors.open(path("base"))),
                Optional.of(Safetensors.open(path("tuned"))),
                1))
        .allMatch(check -> check.state() == Verification.State.OK);
    return Safetensors.open(path("out"));
  }

  @ParameterizedTest
  @EnumSource(DType.class)
  void everyTypeComesBackAsItWas(DType dtype) throws IOException {
    byte[] bytes = new byte[(int) dtype.bytes(80_000)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i % 3);
    }
    Tensor other = new RawTensor("scale", dtype, new long[] {8, 10_000}, bytes);
    pair(List.of(other), List.of(other));
    Selection without = new Selection(Selection.Preset.ALL, List.of(), List.of("scale"));
    Tensor came = through(without).tensors().get("scale");
    assertThat(came.dtype()).isEqualTo(dtype);
    assertThat(came.shape()).isEqualTo(other.shape());
    assertThat(RawTensor.of(came)).isEqualTo(bytes);
  }

  @Test
  void anAttentionMaskIsNoObstacle() throws IOException {
    Tensor mask =
        new FloatTensor("mask", new long[] {4}, new float[] {0, -1 / 0f, Float.NaN, 1 / 0f});
    Tensor own = new FloatTensor("head", new long[] {1}, new float[] {Float.NaN});
    pair(List.of(mask), List.of(mask, own));
    Checkpoint out = through(Selection.ALL);
    assertThat(RawTensor.of(out.tensors().get("mask"))).isEqualTo(RawTensor.of(mask));
    assertThat(RawTensor.of(out.tensors().get("head"))).isEqualTo(RawTensor.of(own));
    // Into half precision too.
    ApplyJob.open(
            path("base"),
            path("delta"),
            ApplyJob.Settings.defaults().withDtype(Optional.of(DType.BF16)))
        .run(path("half"), WriteOptions.defaults());
    float[] half = Checkpoints.values(Safetensors.open(path("half")).tensors().get("mask"));
    assertThat(half).containsExactly(0, Float.NEGATIVE_INFINITY, Float.NaN, 1 / 0f);
  }

  @Test
  void whatIsPrunedMustBeFiniteOnBothSides() throws IOException {
    Tensor zero = new FloatTensor("bias", new long[] {2}, new float[2]);
    Tensor broken = new FloatTensor("bias", new long[] {2}, new float[] {0, Float.NaN});
    pair(List.of(zero), List.of(broken));
    PruneJob job = job(Selection.ALL);
    assertThatThrownBy(() -> job.run(path("delta"), WriteOptions.defaults()))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("bias")
        .hasMessageContaining(
            "element 1: expected a finite number, got NaN; a tensor that is"
                + " excluded is carried as it is");
    assertThat(path("delta")).doesNotExist();
  }

  @Test
  void doublesAreNarrowedAndWrittenAsTheBaseStoresThem() throws IOException {
    Tensor base = doubles(before);
    Tensor tuned = doubles(after);
    Safetensors.write(path("base"), List.of(base), Map.of(), true);
    Safetensors.write(path("tuned"), List.of(tuned), Map.of(), true);
    Tensor out = through(Selection.ALL).tensors().get("w");
    assertThat(out.dtype()).isEqualTo(DType.F64);
    Safetensors.write(path("base"), List.of(before), Map.of(), true);
    Safetensors.write(path("tuned"), List.of(after), Map.of(), true);
    Safetensors f32 = pruned(Safetensors.open(path("base")));
    assertThat(Checkpoints.values(out)).isEqualTo(Checkpoints.values(f32.tensors().get("w")));
  }

  private Safetensors pruned(Safetensors base) throws IOException {
    job(Selection.ALL).run(path("delta"), WriteOptions.defaults().withForce(true));
    Checkpoint out = SparseDeltaFile.read(path("delta")).applyTo(base);
    Safetensors.write(path("out32"), out.tensors().values(), Map.of(), true);
    return Safetensors.open(path("out32"));
  }

  private static Tensor doubles(Tensor tensor) {
    float[] values = Checkpoints.values(tensor);
    ByteBuffer bytes =
        ByteBuffer.allocate(Double.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      bytes.putDouble(value);
    }
    return new RawTensor(tensor.name(), DType.F64, tensor.shape(), bytes.array());
  }

  @Test
  void identicalModelsAreRefused() throws IOException {
    Tensor ids = new LongTensor("ids", new long[] {1, 2});
    write("base", before, List.of(ids));
    write("tuned", before, List.of(ids));
    assertThatThrownBy(() -> job(Selection.ALL))
        .isInstanceOf(MismatchException.class)
        .hasMessageContaining("are identical: expected a model that fine-tuning has changed");
    write("tuned", before, List.of(ids, new FloatTensor("head", new long[] {1}, new float[1])));
    assertThat(job(Selection.ALL).report()).anyMatch(line -> line.startsWith("the delta is zero"));
    write("tuned", before, List.of(new LongTensor("ids", new long[] {1, 3})));
    assertThat(job(Selection.ALL).report()).anyMatch(line -> line.startsWith("the delta is zero"));
  }

  @Test
  void theTunedModelAsBaseIsCalledThat() throws IOException {
    pair(List.of(), List.of());
    job(Selection.ALL).run(path("delta"), WriteOptions.defaults());
    assertThatThrownBy(() -> ApplyJob.open(path("tuned"), path("delta")))
        .isInstanceOf(MismatchException.class)
        .hasMessageStartingWith("wrong base: this is the tuned model that the sparse delta was");
  }
}
