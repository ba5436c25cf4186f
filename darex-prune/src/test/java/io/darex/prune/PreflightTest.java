package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.mask.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PreflightTest {
  private final Tensor matrix = Checkpoints.random(1, "w", 0.05, 700, 1000);
  private final Tensor vector = Checkpoints.random(2, "b", 0.05, 700);
  private final Tensor head = Checkpoints.random(3, "classifier.weight", 0.05, 20, 1000);
  private final Delta delta =
      new Pruning(new RandomMask(0, 0))
          .delta(Checkpoints.of(matrix, vector), Checkpoints.of(matrix, vector, head));
  private final Preflight preflight = Preflight.of(delta);

  @Test
  void measuresADelta() {
    // 700 000 elements are 10.7 blocks; a vector is one row, each of its elements a column.
    assertThat(preflight).isEqualTo(new Preflight(700_700, 12, 1700, 3, 80_000));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 0.9, 0.99})
  void foretellsTheFileOfADrawnMask(double dropRate, @TempDir Path folder) throws Exception {
    Mask mask = new RandomMask(4, dropRate);
    Path file = folder.resolve("delta.safetensors");
    SparseDeltaFile.write(file, new Pruning(mask).prune(delta, 2), false);
    double luck = 6 * Float.BYTES * Math.sqrt(700_700 * dropRate * (1 - dropRate));
    assertThat((double) preflight.fileBytes(mask, Values.F32))
        .isCloseTo((double) Files.size(file), within(luck + 3000));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.9, 0.99, 0.999, 0.9999})
  void foretellsTheBytesOfGaps(double dropRate) {
    RandomMask places = new RandomMask(4, dropRate);
    long bytes = 0;
    char[] offsets = new char[TensorMask.BLOCK];
    for (Tensor tensor : List.of(matrix, vector)) {
      TensorMask mask = places.on(tensor.name(), tensor.shape());
      for (int block = 0; block < TensorMask.blocks(tensor.count()); block++) {
        int count = mask.block(block, offsets);
        bytes += varint(count);
        for (int i = 0; i < count; i++) {
          bytes += varint(i == 0 ? offsets[0] : offsets[i] - offsets[i - 1] - 1);
        }
      }
    }
    double foretold =
        preflight.fileBytes(new Explicit(places, PlaceStorage.GAPS), Values.F32)
            - preflight.fileBytes(places, Values.F32);
    double luck = 6 * 2 * Math.sqrt(700_700 * dropRate * (1 - dropRate));
    assertThat(foretold).isCloseTo((double) bytes, within(luck + 60));
  }

  @Test
  void countsColumnsAndNarrowValues() {
    RandomMask mask = new RandomMask(4, 0.75);
    long drawn = preflight.fileBytes(mask, Values.F32);
    assertThat(preflight.fileBytes(new Explicit(mask, PlaceStorage.COLUMNS), Values.F32) - drawn)
        .isEqualTo(1700 / 4 * 8);
    assertThat(drawn - preflight.fileBytes(mask, Values.BF16)).isEqualTo(700_700 / 4 * 2);
  }

  @Test
  void countsWhatIsHeldInMemory() {
    long counts = preflight.memoryBytes(new RandomMask(4, 0.75));
    assertThat(counts).isEqualTo(2_400L * preflight.tensors() + 16 * preflight.blocks());
    assertThat(preflight.memoryBytes(new MagnitudeMask(0.75, Scope.ROW)) - counts)
        .isCloseTo(700_700 / 8, within(1L));
  }

  private static int varint(int value) {
    return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : 3;
  }

  /** A random mask whose places a file would have to store. */
  private record Explicit(RandomMask drawn, PlaceStorage places) implements Mask {
    @Override
    public String kind() {
      return drawn.kind();
    }

    @Override
    public double dropRate() {
      return drawn.dropRate();
    }

    @Override
    public Map<String, Object> parameters() {
      return drawn.parameters();
    }

    @Override
    public Mask withSeed(long seed) {
      return this;
    }

    @Override
    public Choice choose(Delta delta, int threads) {
      return drawn.choose(delta, threads);
    }
  }
}
