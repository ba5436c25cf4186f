package io.darex.prune.safetensors;

import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.file.MappedFile;
import io.darex.prune.file.WriteOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * One safetensors file, memory-mapped: eight bytes of header length, a JSON header, the tensors'
 * bytes. It is opened by its header alone; values are read when asked for.
 *
 * @param path where it lies
 * @param metadata its {@code __metadata__}
 * @param tensors by name
 */
public record Safetensors(
    Path path, SortedMap<String, String> metadata, SortedMap<String, Tensor> tensors)
    implements Checkpoint {
  /** Makes the maps unmodifiable. */
  public Safetensors {
    metadata = Collections.unmodifiableSortedMap(metadata);
    tensors = Collections.unmodifiableSortedMap(tensors);
  }

  /**
   * Opens a file and checks its header against its size.
   *
   * @throws io.darex.prune.file.MalformedFileException naming the fault, whatever the file holds
   */
  public static Safetensors open(Path path) throws IOException {
    return of(MappedFile.open(path));
  }

  /** As {@link #open}, of a file that is mapped already. */
  public static Safetensors of(MappedFile file) throws IOException {
    SafetensorsHeader header = SafetensorsHeader.read(file);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    header
        .entries()
        .forEach(
            (name, entry) ->
                tensors.put(
                    name,
                    new MappedTensor(
                        file, name, entry.dtype(), entry.dimensions(), entry.begin())));
    return new Safetensors(file.path(), header.metadata(), tensors);
  }

  /** A bare file has no {@code config.json}. */
  @Override
  public Optional<String> config() {
    return Optional.empty();
  }

  /**
   * Writes a file as {@link SafetensorsWriter} does, with no more to say than that.
   *
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@code force} is not given
   */
  public static void write(
      Path path, Collection<? extends Tensor> tensors, Map<String, String> metadata, boolean force)
      throws IOException {
    SafetensorsWriter.write(
        path, tensors, metadata, WriteOptions.defaults().withForce(force), Seal.NONE);
  }
}
