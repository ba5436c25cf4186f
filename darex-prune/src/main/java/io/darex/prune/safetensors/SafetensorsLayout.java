package io.darex.prune.safetensors;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.prune.NameOrder;
import io.darex.prune.Tensor;
import io.darex.prune.file.MappedFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Where everything lies in a safetensors file, known before any value is. Header keys are in name
 * order; the data are in order of falling element size and then name, so that every tensor is
 * aligned to its element as Hugging Face's own writer has it. The data of each tensor are cut into
 * pieces of at most {@link #PIECE} bytes, numbered through the file: the unit of parallel and of
 * continued work.
 */
public final class SafetensorsLayout {
  /** Bytes of a piece: small enough for the caches, large enough for one system call. */
  static final int PIECE = 1 << 18;

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final List<Tensor> inOrder;
  private final SortedMap<String, String> metadata = new TreeMap<>(NameOrder.BY_UTF8);

  /** Where each tensor begins, from the first data byte; at last, where the last one ends. */
  private final long[] begins;

  /** The number of each tensor's first piece; at last, the number of all pieces. */
  private final int[] firstPieces;

  private final int headerBytes;

  /** Elements {@code [from, from + length)} of a tensor and the byte of the file they begin at. */
  record Piece(Tensor tensor, long from, int length, long position) {
    public int bytes() {
      return (int) tensor.dtype().bytes(length);
    }
  }

  public SafetensorsLayout(Collection<? extends Tensor> tensors, Map<String, String> metadata) {
    this.metadata.putAll(metadata);
    inOrder =
        tensors.stream()
            .<Tensor>map(tensor -> tensor)
            .sorted(
                Comparator.<Tensor>comparingInt(tensor -> -tensor.dtype().bits())
                    .thenComparing(Tensor::name, NameOrder.BY_UTF8))
            .toList();
    begins = new long[inOrder.size() + 1];
    firstPieces = new int[inOrder.size() + 1];
    for (int i = 0; i < inOrder.size(); i++) {
      long bytes = bytes(inOrder.get(i));
      begins[i + 1] = Math.addExact(begins[i], bytes);
      int most = inOrder.get(i).dtype().elements(PIECE);
      long pieces = (inOrder.get(i).count() + most - 1) / most;
      firstPieces[i + 1] = Math.addExact(firstPieces[i], Math.toIntExact(pieces));
    }
    headerBytes = header(Map.of()).remaining();
  }

  /** The bytes a tensor's values take in a file. */
  public static long bytes(Tensor tensor) {
    return tensor.dtype().bytes(tensor.count());
  }

  /** The size of the file. */
  public long size() {
    return headerBytes + begins[inOrder.size()];
  }

  int pieces() {
    return firstPieces[inOrder.size()];
  }

  Piece piece(int number) {
    int found = Arrays.binarySearch(firstPieces, number);
    int tensor = found >= 0 ? found : -found - 2;
    // Tensors without elements share their number with the one whose piece it is, the last.
    while (firstPieces[tensor + 1] == number) {
      tensor++;
    }
    Tensor of = inOrder.get(tensor);
    int most = of.dtype().elements(PIECE);
    long from = (long) (number - firstPieces[tensor]) * most;
    return new Piece(
        of,
        from,
        (int) Math.min(most, of.count() - from),
        headerBytes + begins[tensor] + of.dtype().bytes(from));
  }

  /** The tensors as the file at {@code path} has them, whose header is not there yet. */
  Safetensors open(Path path) throws IOException {
    MappedFile file = MappedFile.open(path);
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    for (int i = 0; i < inOrder.size(); i++) {
      Tensor tensor = inOrder.get(i);
      tensors.put(
          tensor.name(),
          new MappedTensor(
              file, tensor.name(), tensor.dtype(), tensor.shape(), headerBytes + begins[i]));
    }
    return new Safetensors(path, new TreeMap<>(metadata), tensors);
  }

  /**
   * The file's bytes up to the first data byte.
   *
   * @param replaced metadata given anew, of keys that are there
   * @throws IllegalStateException if a key is not there
   */
  ByteBuffer header(Map<String, String> replaced) {
    ObjectNode header = JsonNodeFactory.instance.objectNode();
    if (!metadata.isEmpty()) {
      ObjectNode texts = header.putObject(SafetensorsHeader.METADATA);
      metadata.forEach(texts::put);
      replaced.forEach(
          (key, text) -> {
            if (texts.replace(key, texts.textNode(text)) == null) {
              throw new IllegalStateException("no placeholder in the metadata for " + key);
            }
          });
    }
    SortedMap<String, ObjectNode> entries = new TreeMap<>(NameOrder.BY_UTF8);
    for (int i = 0; i < inOrder.size(); i++) {
      Tensor tensor = inOrder.get(i);
      ObjectNode entry = JsonNodeFactory.instance.objectNode();
      entry.put("dtype", tensor.dtype().name());
      Arrays.stream(tensor.shape()).forEach(entry.putArray("shape")::add);
      entry.putArray("data_offsets").add(begins[i]).add(begins[i + 1]);
      if (tensor.name().equals(SafetensorsHeader.METADATA)
          || entries.put(tensor.name(), entry) != null) {
        throw new IllegalArgumentException("a second entry called " + tensor.name());
      }
    }
    entries.forEach(header::set);
    byte[] text = text(header);
    int padded = Math.addExact(text.length, 7) & ~7;
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES + padded).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(padded).put(text);
    while (bytes.hasRemaining()) {
      bytes.put((byte) ' ');
    }
    return bytes.flip();
  }

  /** The header as text, with its length. It determines all that is known before any value is. */
  public String headerText() {
    return StandardCharsets.UTF_8.decode(header(Map.of())).toString();
  }

  private static byte[] text(ObjectNode header) {
    try {
      return JSON.writeValueAsBytes(header);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }
}
