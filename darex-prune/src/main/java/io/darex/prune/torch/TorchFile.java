package io.darex.prune.torch;

import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.MappedFile;
import io.darex.prune.safetensors.MappedTensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A checkpoint as {@code torch.save} writes it since torch 1.6, {@code pytorch_model.bin}: a zip
 * with a pickle that says which tensor lies where, and one stored entry for each tensor's elements.
 * Nothing that the pickle asks for is run ({@link Pickle}); values are read when asked for.
 */
public final class TorchFile {
  /** Some 200 bytes for each tensor. */
  private static final int MAX_PICKLE = 1 << 25;

  private static final int MAX_RANK = 64;

  /** Where trainers put the state dict beside other things. */
  private static final List<String> WRAPPERS = List.of("state_dict", "model", "model_state_dict");

  private final MappedFile file;
  private final TorchZip zip;

  private TorchFile(MappedFile file, TorchZip zip) {
    this.file = file;
    this.zip = zip;
  }

  /**
   * The tensors of a file by name.
   *
   * @throws MalformedFileException naming the fault, whatever the file holds
   */
  public static SortedMap<String, Tensor> read(MappedFile file) throws IOException {
    TorchFile torch = new TorchFile(file, TorchZip.open(file));
    torch.requireLittleEndian();
    SortedMap<String, Tensor> tensors = new TreeMap<>();
    for (Map.Entry<?, ?> entry : torch.stateDict().entrySet()) {
      String name = entry.getKey().toString();
      if (!(entry.getValue() instanceof Pickle.StoredTensor stored)) {
        throw torch.fault("a tensor as " + name, Pickle.words(entry.getValue()));
      }
      tensors.put(name, torch.tensor(name, stored));
    }
    return tensors;
  }

  private void requireLittleEndian() throws IOException {
    if (zip.has("byteorder")) {
      String order = StandardCharsets.US_ASCII.decode(bytes("byteorder", 16)).toString();
      if (!order.equals("little")) {
        throw fault("byte order little", order + ": save it again on a little-endian machine");
      }
    }
  }

  private ByteBuffer bytes(String name, int most) throws IOException {
    TorchZip.Data data = zip.data(name);
    if (data.size() > most) {
      throw fault(name + " of at most " + most + " bytes", data.size());
    }
    return file.slice(data.start(), (int) data.size());
  }

  private Map<?, ?> stateDict() throws IOException {
    Object root = Pickle.load(file.path(), bytes("data.pkl", MAX_PICKLE));
    if (!(root instanceof Map<?, ?> map)) {
      throw fault("a state dict, tensors by name", Pickle.words(root));
    }
    List<String> inside = WRAPPERS.stream().filter(key -> map.get(key) instanceof Map).toList();
    if (inside.size() > 1) {
      throw fault("one state dict", String.join(" and ", inside));
    }
    return inside.isEmpty() ? map : (Map<?, ?>) map.get(inside.get(0));
  }

  private Tensor tensor(String name, Pickle.StoredTensor stored) throws IOException {
    String where = "tensor " + name;
    DType dtype = stored.dtype();
    long[] shape = sizes(where + ": a shape", stored.shape());
    long[] strides = sizes(where + ": strides", stored.strides());
    TorchZip.Data data = zip.data("data/" + stored.storage().key());
    long count;
    long end = Math.max(0, stored.offset());
    try {
      int unit = stored.storage().dtype().map(DType::bytes).orElse(1);
      if (data.size() != Math.multiplyExact(stored.storage().count(), unit)) {
        throw fault(
            where + ": a storage of " + stored.storage().count() + " times " + unit + " bytes",
            data.size());
      }
      count = Tensor.count(shape);
      for (int d = 0; d < Math.min(shape.length, strides.length) && count > 0; d++) {
        end = Math.addExact(end, Math.multiplyExact(shape[d] - 1, strides[d]));
      }
    } catch (ArithmeticException e) {
      throw fault(where + ": fewer than 2^63 elements", Arrays.toString(shape));
    }
    long room = data.size() / dtype.bytes();
    // More elements than the storage has would be repeated ones: a small file must not become a
    // large model.
    boolean fits = count == 0 || (end < room && count <= room);
    if (strides.length != shape.length || stored.offset() < 0 || !fits) {
      throw fault(
          where
              + ": shape, strides and offset that take each of its storage's "
              + room
              + " elements once at most (else save its clone)",
          Arrays.toString(shape) + ", " + Arrays.toString(strides) + ", " + stored.offset());
    }
    long start = count == 0 ? data.start() : data.start() + stored.offset() * dtype.bytes();
    return isContiguous(shape, strides)
        ? new MappedTensor(file, name, dtype, shape, start)
        : new StridedTensor(file, name, dtype, shape, strides, start);
  }

  private long[] sizes(String what, List<Object> numbers) throws IOException {
    boolean fits =
        numbers.size() <= MAX_RANK
            && numbers.stream().allMatch(number -> number instanceof Long size && size >= 0);
    if (!fits) {
      throw fault(
          what + " of at most " + MAX_RANK + " whole numbers",
          numbers.stream().limit(MAX_RANK).map(Pickle::words).toList());
    }
    return numbers.stream().mapToLong(Long.class::cast).toArray();
  }

  /** Whether elements lie row after row; how far the one of a dimension of size 1 jumps is moot. */
  private static boolean isContiguous(long[] shape, long[] strides) {
    long expected = 1;
    for (int d = shape.length - 1; d >= 0; d--) {
      if (shape[d] == 0) {
        return true;
      }
      if (shape[d] > 1 && strides[d] != expected) {
        return Tensor.count(shape) == 0;
      }
      expected *= shape[d];
    }
    return true;
  }

  private MalformedFileException fault(String expected, Object found) {
    return new MalformedFileException(file.path(), expected, found);
  }
}
