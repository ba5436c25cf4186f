package io.darex.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.encoder.BesideDelta;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResidentsTest {
  /**
   * Such as for want of memory; its room was once lost, and where there is one room, all service.
   */
  @Test
  void aCopyThatCannotBeMadeLeavesItsRoomToOthers(@TempDir Path folder) throws IOException {
    Fleet fleet = new Fleet(folder);
    SparseDelta sparse = SparseDeltaFile.read(fleet.file(0));
    EncoderConfig config = EncoderConfig.of(sparse.applyTo(HuggingFaceFolder.open(fleet.base)));
    Metrics metrics = new Metrics();
    try (Models models = Models.open(fleet.base.toString(), ServeOptions.defaults());
        BesideDelta delta = models.encoder().beside(sparse, config);
        Residents residents = new Residents(models.encoder(), 0, metrics)) {
      FineTune broken = new FineTune(folder, config, null, null, Way.RESIDENT, 1);
      FineTune good = new FineTune(folder, config, delta, null, Way.RESIDENT, 1);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> residents.of(broken)).isInstanceOf(NullPointerException.class);
        assertThat(residents.of(good)).isSameAs(residents.of(good)).isNotSameAs(delta);
      }
      assertThat(metrics.residentBytes.get()).isEqualTo(4 * 896);
      assertThat(metrics.evictions.sum()).as("of the good one, once").isEqualTo(1);
    }
  }
}
