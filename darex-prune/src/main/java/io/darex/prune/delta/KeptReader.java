package io.darex.prune.delta;

import io.darex.prune.Blocks;
import io.darex.prune.DType;
import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.Parallel;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.mask.ColumnPlaces;
import io.darex.prune.mask.DrawnMask;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLongArray;
import lombok.RequiredArgsConstructor;

/**
 * Gives the kept values of a file their places: those of a mask drawn again, of the gaps or of the
 * columns in the file. The values stay in the file.
 */
@RequiredArgsConstructor
final class KeptReader {
  /** Elements all pruned tensors together may have, a trillion. */
  private static final long MAX_ELEMENTS = 1L << 40;

  /**
   * Elements they may have for each byte of the file. A shape costs nothing to claim, but eight
   * bytes of memory and a little time for each block of 65536 elements to believe.
   */
  private static final long MAX_PER_BYTE = 1L << 24;

  private static final int PART = 1 << 16;

  private final Path path;
  private final Mask mask;
  private final int threads;

  /** What a file has of one tensor, as yet unchecked. */
  @RequiredArgsConstructor
  static final class Parts {
    private final String name;
    private final long[] shape;
    private final Tensor values;
    private final Optional<Tensor> gaps;
    private final Optional<Tensor> columns;

    private long count() {
      return Tensor.count(shape);
    }
  }

  SortedMap<String, KeptTensor> read(List<Parts> tensors) throws IOException {
    checkSizes(tensors);
    for (Parts parts : tensors) {
      checkEntries(parts.values, "F32, F16 or BF16", parts.values.dtype().holdsKept());
    }
    List<KeptTensor> kept =
        switch (mask.places()) {
          case DRAWN -> counted(tensors, drawn(tensors));
          case COLUMNS -> counted(tensors, columns(tensors));
          case GAPS -> scanned(tensors);
        };
    SortedMap<String, KeptTensor> byName = new TreeMap<>();
    kept.forEach(tensor -> byName.put(tensor.name(), tensor));
    return byName;
  }

  private void checkSizes(List<Parts> tensors) throws IOException {
    long bytes = Files.size(path);
    long most = bytes < MAX_ELEMENTS / MAX_PER_BYTE ? bytes * MAX_PER_BYTE : MAX_ELEMENTS;
    long room = most;
    for (Parts parts : tensors) {
      long count = -1;
      if (parts.shape != null && Arrays.stream(parts.shape).noneMatch(size -> size < 0)) {
        try {
          count = parts.count();
        } catch (ArithmeticException e) {
          // Too large even for a long: no count.
        }
      }
      if (count < 0 || count > room) {
        throw new MalformedFileException(
            path,
            "a shape of at most " + most + " elements in all for tensor " + parts.name,
            Arrays.toString(parts.shape));
      }
      room -= count;
    }
  }

  private void checkEntries(Tensor entries, String types, boolean fits) throws IOException {
    if (!fits || entries.shape().length != 1) {
      throw new MalformedFileException(
          path,
          entries.name() + " to be one-dimensional and " + types,
          entries.dtype() + " of shape " + Arrays.toString(entries.shape()));
    }
  }

  private List<TensorMask> drawn(List<Parts> tensors) throws IOException {
    List<TensorMask> places = new ArrayList<>();
    for (Parts parts : tensors) {
      DrawnMask drawn = (DrawnMask) mask.of(parts.name);
      if (!drawn.canKeep(parts.values.count(), parts.count())) {
        throw wrongCount(parts, "could keep of " + parts.count() + " elements");
      }
      places.add(drawn.on(parts.name, parts.shape));
    }
    return places;
  }

  private List<TensorMask> columns(List<Parts> tensors) throws IOException {
    List<TensorMask> places = new ArrayList<>();
    for (Parts parts : tensors) {
      Tensor columns = parts.columns.orElseThrow();
      checkEntries(columns, "I64", columns.dtype() == DType.I64);
      try {
        ColumnPlaces here = new ColumnPlaces(parts.shape, longs(columns));
        if (here.kept() != parts.values.count()) {
          throw wrongCount(parts, "keeps, " + here.kept());
        }
        places.add(here);
      } catch (IllegalArgumentException e) {
        throw new MalformedFileException(
            path, columns.name() + " to name columns of the tensor", e.getMessage());
      }
    }
    return places;
  }

  private static long[] longs(Tensor tensor) {
    long[] longs = new long[Math.toIntExact(tensor.count())];
    for (int from = 0; from < longs.length; from += PART) {
      int length = Math.min(PART, longs.length - from);
      ByteBuffer bytes = tensor.bytes(from, length);
      bytes.asLongBuffer().get(longs, from, length);
    }
    return longs;
  }

  /** Counts what is kept in each block, and that it is as much as there are values. */
  private List<KeptTensor> counted(List<Parts> tensors, List<TensorMask> places)
      throws IOException {
    int[] blocks =
        tensors.stream().mapToInt(parts -> (int) TensorMask.blocks(parts.count())).toArray();
    long[][] ends = Arrays.stream(blocks).mapToObj(long[]::new).toArray(long[][]::new);
    AtomicLongArray kept = new AtomicLongArray(blocks.length);
    Blocks.forEach(
        threads,
        blocks,
        () -> {
          char[] offsets = new char[TensorMask.BLOCK];
          return (tensor, block) -> {
            // Once there are more than values nothing else matters.
            if (kept.get(tensor) <= tensors.get(tensor).values.count()) {
              ends[tensor][block] = places.get(tensor).block(block, offsets);
              kept.addAndGet(tensor, ends[tensor][block]);
            }
          };
        });
    List<KeptTensor> counted = new ArrayList<>();
    for (int i = 0; i < blocks.length; i++) {
      Parts parts = tensors.get(i);
      if (kept.get(i) != parts.values.count()) {
        boolean more = kept.get(i) > parts.values.count();
        throw wrongCount(parts, "keeps, " + (more ? "which is more" : kept.get(i)));
      }
      Arrays.parallelPrefix(ends[i], Long::sum);
      counted.add(kept(parts, places.get(i), ends[i]));
    }
    return counted;
  }

  private List<KeptTensor> scanned(List<Parts> tensors) throws IOException {
    KeptTensor[] scanned = new KeptTensor[tensors.size()];
    try {
      Parallel.forEach(
          threads,
          scanned.length,
          () ->
              number -> {
                try {
                  scanned[(int) number] = scanned(tensors.get((int) number));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return List.of(scanned);
  }

  private KeptTensor scanned(Parts parts) throws IOException {
    Tensor gaps = parts.gaps.orElseThrow();
    checkEntries(gaps, "U8", gaps.dtype() == DType.U8);
    GapScan scan = GapScan.of(path, gaps, parts.count(), parts.values.count());
    return kept(parts, scan.places(), scan.ends());
  }

  private static KeptTensor kept(Parts parts, TensorMask places, long[] ends) {
    return new KeptTensor(parts.name, parts.shape, places, ends, parts.values);
  }

  private MalformedFileException wrongCount(Parts parts, String whatTheMaskDoes) {
    return new MalformedFileException(
        path,
        "as many values in " + parts.values.name() + " as the mask " + whatTheMaskDoes,
        parts.values.count());
  }
}
