package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.prune.Mask;
import io.darex.prune.SparseDelta;
import io.darex.prune.Values;
import io.darex.prune.file.Fuzz;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.recipe.StoredValues;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sparse deltas of every mask, mutated. */
class SparseDeltaFuzzTest {
  private static final Fuzz FUZZ =
      new Fuzz(
          List.of(
              "values",
              "places",
              "table",
              "signs",
              "whole:",
              "w0",
              "w1",
              "F32",
              "F16",
              "BF16",
              "I64",
              "U8",
              "F64",
              "BOOL",
              "random",
              "stratified",
              "magnitude",
              "columns",
              "none",
              "tensor",
              "row",
              "dropRate",
              "seed",
              "group"));

  @TempDir Path folder;
  private final List<byte[]> good = new ArrayList<>();

  /** Files of every mask, in two types. */
  @BeforeEach
  void writeGoodFiles() throws IOException {
    for (Mask mask : SparseDeltas.MASKS) {
      for (Values values : List.of(Values.SIGN, Values.BF16)) {
        // One has a second block; the others are small, to leave time for more tries.
        long[] other = {good.isEmpty() ? 65_538 : 5};
        SparseDelta delta = SparseDeltas.view(mask, SparseDeltas.base(new long[] {3, 20}, other));
        Path path = folder.resolve("good");
        WriteOptions options = WriteOptions.defaults().withForce(true);
        // With a digest most mutations would end there.
        SparseDeltaFile.write(path, StoredValues.of(delta, values, 1), false, options);
        good.add(Files.readAllBytes(path));
      }
    }
  }

  @Test
  void givesADeltaOrSaysWhatIsWrong() {
    Path path = folder.resolve("hostile");
    Fuzz.run(
        random ->
            Fuzz.replace(path, FUZZ.safetensors(good.get(random.nextInt(good.size())), random)),
        () -> {
          SparseDeltaFile file = SparseDeltaFile.open(path);
          file.verify();
          double[] sum = new double[1];
          file.delta().kept().values().forEach(kept -> kept.forEach((i, value) -> sum[0] += value));
          assertThat(sum[0]).isFinite();
        },
        Set.of(MalformedFileException.class));
  }
}
