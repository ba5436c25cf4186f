package io.darex.prune.checkpoint;

import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.Tensor;
import io.darex.prune.mask.DrawnMask;
import io.darex.prune.mask.TensorMask;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import lombok.RequiredArgsConstructor;

/** Gives the kept values of a file their places, by drawing the mask again. */
@RequiredArgsConstructor
final class KeptReader {
  /**
   * Elements all pruned tensors together may have, a trillion. A hostile file can claim a shape of
   * any size with few kept values, and to find out would take time and memory for every block.
   */
  private static final long MAX_ELEMENTS = 1L << 40;

  private final Path path;
  private final DrawnMask mask;
  private final char[] scratch = new char[TensorMask.BLOCK];

  SortedMap<String, KeptTensor> read(Map<String, Tensor> values, Map<String, long[]> shapes)
      throws IOException {
    long room = MAX_ELEMENTS;
    for (Map.Entry<String, long[]> shape : shapes.entrySet()) {
      room -= count(shape.getKey(), shape.getValue(), room);
    }
    SortedMap<String, KeptTensor> kept = new TreeMap<>();
    for (Map.Entry<String, Tensor> entry : values.entrySet()) {
      String name = entry.getKey();
      kept.put(name, read(name, entry.getValue(), shapes.get(name)));
    }
    return kept;
  }

  private long count(String name, long[] shape, long room) throws IOException {
    String expected = "a shape of at most " + MAX_ELEMENTS + " elements in all for tensor " + name;
    if (shape == null || Arrays.stream(shape).anyMatch(dimension -> dimension < 0)) {
      throw new MalformedFileException(path, expected, Arrays.toString(shape));
    }
    try {
      long count = Tensor.count(shape);
      if (count <= room) {
        return count;
      }
    } catch (ArithmeticException e) {
      // Too large even for a long; the message below says so.
    }
    throw new MalformedFileException(path, expected, Arrays.toString(shape));
  }

  private KeptTensor read(String name, Tensor values, long[] shape) throws IOException {
    if (values.shape().length != 1 || values.dtype() != DType.F32) {
      throw new MalformedFileException(
          path,
          "kept values of " + name + " to be a one-dimensional F32 tensor",
          values.dtype() + " of shape " + Arrays.toString(values.shape()));
    }
    long present = values.count();
    TensorMask places = mask.on(name, shape);
    long[] ends = new long[Math.toIntExact(TensorMask.blocks(Tensor.count(shape)))];
    long kept = 0;
    for (int block = 0; block < ends.length; block++) {
      kept += places.block(block, scratch);
      if (kept > present) {
        throw wrongCount(name, present, "more");
      }
      ends[block] = kept;
    }
    if (kept < present) {
      throw wrongCount(name, present, Long.toString(kept));
    }
    return new KeptTensor(name, shape, places, ends, values, Optional.empty());
  }

  private MalformedFileException wrongCount(String name, long present, String expected) {
    return new MalformedFileException(
        path,
        "as many kept values of " + name + " as the mask keeps",
        present + " where the mask keeps " + expected);
  }
}
