package io.darex.prune.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.prune.Checkpoints;
import io.darex.prune.Mask;
import io.darex.prune.SparseDelta;
import io.darex.prune.folder.SideFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeltaSummaryTest {
  @TempDir Path folder;

  @Test
  void saysWhatIsInTheFile() throws IOException {
    for (Mask mask : SparseDeltas.MASKS) {
      SparseDelta delta =
          SparseDeltas.view(mask, SparseDeltas.base(new long[] {300, 301}, new long[] {9}));
      Path path = folder.resolve(SparseDeltas.MASKS.indexOf(mask) + ".safetensors");
      SparseDeltaFile.write(path, delta, false);
      SparseDeltaFile file = SparseDeltaFile.open(path);
      DeltaSummary summary = DeltaSummary.of(file, 2);

      assertThat(summary).isEqualTo(DeltaSummary.of(file, 1));
      assertThat(summary.mask().kind()).isEqualTo(mask.kind());
      assertThat(summary.mask().parameters()).isEqualTo(delta.mask().parameters());
      assertThat(summary.provenance().withFiles(delta.provenance().files()))
          .isEqualTo(delta.provenance());
      assertThat(summary.provenance().files()).containsOnlyKeys("merges.txt", "vocab.txt");
      assertThat(summary.digest()).isEqualTo(file.digest());
      assertThat(summary.elements()).isEqualTo(90_309);
      assertThat(summary.bytes()).isEqualTo(Files.size(path));
      assertThat(summary.denseBytes()).isEqualTo(4 * 90_309 + 24);
      assertThat(summary.ratio()).isEqualTo((4 * 90_309 + 24) / (double) Files.size(path));
      assertThat(summary.whole())
          .containsExactly(new DeltaSummary.Whole("head", "F32", List.of(2L, 3L), 24));

      DeltaSummary.Pruned first = summary.pruned().get(0);
      float[] values = Checkpoints.values(delta.kept().get("w0").values());
      double sum = 0;
      for (float value : values) {
        sum += Math.abs(value);
      }
      assertThat(first.name()).isEqualTo("w0");
      assertThat(first.shape()).containsExactly(300L, 301L);
      assertThat(first.kept()).isEqualTo(values.length);
      assertThat(first.q()).isEqualTo(0.75);
      assertThat(first.meanMagnitude()).isCloseTo(sum / values.length, within(1e-12));
      assertThat(summary.kept()).isEqualTo(values.length + delta.kept().get("w1").kept());
    }
  }

  /** What is not a tensor's or a file's is that of header or table. */
  @Test
  void givesEveryByteToATensorOrAHeader() throws IOException {
    for (Mask mask : SparseDeltas.MASKS) {
      Path path = folder.resolve("delta");
      SparseDelta delta =
          SparseDeltas.view(
              mask, SparseDeltas.base(new long[] {300, 301}, new long[] {50}, new long[] {70_000}));
      SparseDeltaFile.write(path, delta, true);
      SparseDeltaFile file = SparseDeltaFile.open(path);
      DeltaSummary summary = DeltaSummary.of(file, 2);
      byte[] start = Files.readAllBytes(path);
      long header = Long.BYTES + ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
      long tensors =
          summary.pruned().stream().mapToLong(DeltaSummary.Pruned::bytes).sum()
              + summary.whole().stream().mapToLong(DeltaSummary.Whole::bytes).sum();
      long files = SideFiles.bytes(summary.provenance().files());
      assertThat(files).isEqualTo(2);
      long table = file.tensors().tensors().get("table").count();
      assertThat(header + table + tensors + files).isEqualTo(summary.bytes());
    }
  }
}
