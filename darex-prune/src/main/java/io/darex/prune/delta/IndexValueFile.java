package io.darex.prune.delta;

import io.darex.prune.KeptTensor;
import io.darex.prune.NonFiniteException;
import io.darex.prune.SparseDelta;
import io.darex.prune.Tensor;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.safetensors.SafetensorsWriter;
import io.darex.prune.safetensors.Seal;
import io.darex.prune.tensor.FiniteTensor;
import io.darex.prune.tensor.LongTensor;
import io.darex.prune.tensor.Renamed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A sparse delta as plain indices and values, for tools that can draw no mask (docs/FORMAT.md §8).
 * Each kept tensor NAME becomes {@code NAME.indices}, I64 {@code [kept]}, flat and row-major,
 * {@code NAME.values}, F32 {@code [kept]}, already divided, and {@code NAME.shape}, I64 {@code
 * [rank]}; tensors carried whole keep their names. It is a way out only: nothing here reads it.
 */
public final class IndexValueFile {
  private IndexValueFile() {}

  /**
   * Writes {@code delta} as it is read, block by block.
   *
   * @throws java.nio.file.FileAlreadyExistsException if the file exists and {@link
   *     WriteOptions#force()} is not given
   * @throws NonFiniteException if a value is NaN or infinite, or becomes so by the division
   * @throws IllegalArgumentException if a tensor carried whole has a name that is needed otherwise
   */
  public static void write(Path path, SparseDelta delta, WriteOptions options) throws IOException {
    List<Tensor> tensors = new ArrayList<>(delta.whole().values());
    for (KeptTensor kept : delta.kept().values()) {
      Tensor scaled = kept.scaledValues((float) delta.scale().q(kept.name()));
      tensors.add(new Renamed(kept.name() + ".indices", kept.indices()));
      tensors.add(new Renamed(kept.name() + ".values", new FiniteTensor(kept.name(), scaled)));
      tensors.add(new LongTensor(kept.name() + ".shape", kept.shape()));
    }
    Map<String, String> metadata =
        Map.of("format", "pt", "darex.base", delta.provenance().base().orElse("none"));
    SafetensorsWriter.write(path, tensors, metadata, options, Seal.NONE);
  }
}
