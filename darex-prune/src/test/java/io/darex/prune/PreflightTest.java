package io.darex.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.mask.MagnitudeMask;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.mask.Scope;
import java.nio.file.Files;
import java.nio.file.Path;
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
  @ValueSource(doubles = {0, 0.5, 0.9, 0.99, 0.999})
  void foretellsTheBytesOfPlaces(double dropRate) {
    Mask drawn = new RandomMask(4, dropRate);
    Mask rows = new Explicit(new RandomMask(4, dropRate), PlaceStorage.GAPS);
    SparseDelta delta = new Pruning(drawn).prune(this.delta, 2);
    SparseDelta coded =
        new SparseDelta(
            rows, delta.scale(), Values.F32, delta.kept(), delta.whole(), delta.provenance());
    // A seed is in the metadata of one and not of the other.
    double bytes = SparseDeltaFile.bytes(coded, true, 1) - SparseDeltaFile.bytes(delta, true, 1);
    double foretold =
        preflight.fileBytes(rows, Values.F32) - preflight.fileBytes(drawn, Values.F32);
    double luck = 6 * Math.sqrt(700_700 * dropRate * (1 - dropRate));
    assertThat(foretold).isCloseTo(bytes, within(luck + 100));
  }

  @Test
  void countsColumnsAndNarrowValues() {
    RandomMask mask = new RandomMask(4, 0.75);
    long drawn = preflight.fileBytes(mask, Values.F32);
    // Of parameter 1: 1 / (1 - 0.75^2) + 1 bits each.
    assertThat(preflight.fileBytes(new Explicit(mask, PlaceStorage.COLUMNS), Values.F32) - drawn)
        .isEqualTo(Math.round(1700 / 4 * (1 / (1 - 0.5625) + 1) / 8));
    assertThat(drawn - preflight.fileBytes(mask, Values.BF16)).isEqualTo(700_700 / 4 * 2);
  }

  @Test
  void countsWhatIsHeldInMemory() {
    long counts = preflight.memoryBytes(new RandomMask(4, 0.75));
    assertThat(counts).isEqualTo(2_400L * preflight.tensors() + 16 * preflight.blocks());
    assertThat(preflight.memoryBytes(new MagnitudeMask(0.75, Scope.ROW)) - counts)
        .isBetween(700_700 / 8L, 700_700 * 2 / 8L);
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
