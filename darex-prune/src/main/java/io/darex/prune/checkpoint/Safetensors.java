package io.darex.prune.checkpoint;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.Checkpoint;
import io.darex.prune.NameOrder;
import io.darex.prune.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
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
  private static final int WRITE_BYTES = 1 << 22;
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Makes the maps unmodifiable. */
  public Safetensors {
    metadata = Collections.unmodifiableSortedMap(metadata);
    tensors = Collections.unmodifiableSortedMap(tensors);
  }

  /**
   * Opens a file and checks its header against its size.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static Safetensors open(Path path) throws IOException {
    MappedFile file = MappedFile.open(path);
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
    return new Safetensors(path, header.metadata(), tensors);
  }

  /** A bare file has no {@code config.json}. */
  @Override
  public Optional<String> config() {
    return Optional.empty();
  }

  /**
   * Writes a file; the same input gives the same bytes. Header keys are in name order; the data are
   * in order of falling element size and then name, so that every tensor is aligned to its element
   * as Hugging Face's own writer has it.
   *
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@code force} is not given
   */
  public static void write(
      Path path, Collection<? extends Tensor> tensors, Map<String, String> metadata, boolean force)
      throws IOException {
    AtomicWrite.file(path, force, temporary -> write(temporary, tensors, metadata));
  }

  /** Writes to a name that is not there yet, without the ceremony of {@link AtomicWrite}. */
  static void write(Path path, Collection<? extends Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Tensor> inOrder =
        tensors.stream()
            .<Tensor>map(tensor -> tensor)
            .sorted(
                Comparator.<Tensor>comparingInt(tensor -> -tensor.dtype().bytes())
                    .thenComparing(Tensor::name, NameOrder.BY_UTF8))
            .toList();
    try (FileChannel channel =
        FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      writeFully(channel, header(inOrder, metadata));
      for (Tensor tensor : inOrder) {
        long count = tensor.count();
        int part = WRITE_BYTES / tensor.dtype().bytes();
        for (long from = 0; from < count; from += part) {
          writeFully(channel, tensor.bytes(from, (int) Math.min(part, count - from)));
        }
      }
    }
  }

  private static ByteBuffer header(List<Tensor> inOrder, Map<String, String> metadata)
      throws IOException {
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = header.putObject(SafetensorsHeader.METADATA);
      sorted(metadata).forEach(texts::put);
    }
    SortedMap<String, ObjectNode> entries = new TreeMap<>(NameOrder.BY_UTF8);
    long offset = 0;
    for (Tensor tensor : inOrder) {
      ObjectNode entry = JsonNodeFactory.instance.objectNode();
      entry.put("dtype", tensor.dtype().name());
      Arrays.stream(tensor.shape()).forEach(entry.putArray("shape")::add);
      long end = Math.addExact(offset, Math.multiplyExact(tensor.count(), tensor.dtype().bytes()));
      entry.putArray("data_offsets").add(offset).add(end);
      offset = end;
      if (tensor.name().equals(SafetensorsHeader.METADATA)
          || entries.put(tensor.name(), entry) != null) {
        throw new IllegalArgumentException("a second entry called " + tensor.name());
      }
    }
    entries.forEach(header::set);
    byte[] text = JSON.writeValueAsBytes(header);
    int padded = Math.addExact(text.length, 7) & ~7;
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(padded).put(text);
    while (bytes.hasRemaining()) {
      bytes.put((byte) ' ');
    }
    return bytes.flip();
  }

  private static SortedMap<String, String> sorted(Map<String, String> metadata) {
    SortedMap<String, String> sorted = new TreeMap<>(NameOrder.BY_UTF8);
    sorted.putAll(metadata);
    return sorted;
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
