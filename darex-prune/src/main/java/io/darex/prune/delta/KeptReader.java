package io.darex.prune.delta;

import io.darex.prune.Blocks;
import io.darex.prune.KeptTensor;
import io.darex.prune.Mask;
import io.darex.prune.PlaceStorage;
import io.darex.prune.Tensor;
import io.darex.prune.TensorMask;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.mask.ColumnPlaces;
import io.darex.prune.mask.DrawnMask;
import io.darex.prune.mask.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.ToLongFunction;
import lombok.RequiredArgsConstructor;

/**
 * Finds the places of a file's kept entries: those of a mask drawn again, of the gaps or of the
 * columns in the file.
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

  private final Path path;
  private final Mask mask;
  private final int threads;

  /**
   * Where the kept entries of one tensor are.
   *
   * @param row what the table says of it
   * @param mask which elements are kept
   * @param ends for every block, how many are kept up to its end
   * @param bytes what the code of its places takes
   */
  @SuppressWarnings("ArrayRecordComponent") // a carrier of arrays, never compared
  record Places(DeltaTable.Row row, TensorMask mask, long[] ends, long bytes) {
    long kept() {
      return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    KeptTensor with(Tensor values) {
      return new KeptTensor(row.name(), row.shape(), mask, ends, values);
    }
  }

  /**
   * Finds all places, of rows that {@link #entries} has checked.
   *
   * @param code the gaps, U8 {@code [bytes]}; there for masks that are not drawn
   * @throws MalformedFileException naming the first fault
   */
  List<Places> read(List<DeltaTable.Row> rows, Optional<Tensor> code) throws IOException {
    return switch (mask.places()) {
      case DRAWN -> drawn(rows);
      case COLUMNS -> columns(rows, code.orElseThrow());
      case GAPS -> gaps(rows, code.orElseThrow());
    };
  }

  private void checkSizes(List<DeltaTable.Row> rows) throws IOException {
    long bytes = Files.size(path);
    long most = bytes < MAX_ELEMENTS / MAX_PER_BYTE ? bytes * MAX_PER_BYTE : MAX_ELEMENTS;
    long room = most;
    for (DeltaTable.Row row : rows) {
      long count;
      try {
        count = Tensor.count(row.shape());
      } catch (ArithmeticException e) {
        count = Long.MAX_VALUE; // too large even for a long
      }
      if (count > room) {
        throw new MalformedFileException(
            path,
            "a shape of at most " + most + " elements in all for tensor " + row.name(),
            Arrays.toString(row.shape()));
      }
      room -= count;
    }
  }

  /**
   * How many entries are kept in all, by shapes and counts, which are checked.
   *
   * @throws MalformedFileException naming the first fault
   */
  long entries(List<DeltaTable.Row> rows) throws IOException {
    checkSizes(rows);
    boolean columns = mask.places() == PlaceStorage.COLUMNS;
    long kept = 0;
    for (DeltaTable.Row row : rows) {
      Rows matrix = Rows.of(row.shape());
      long most = columns ? matrix.length() : Tensor.count(row.shape());
      if (row.kept() > most) {
        throw new MalformedFileException(
            path,
            "at most " + most + (columns ? " columns" : " entries") + " kept of " + row.name(),
            row.kept());
      }
      kept += columns ? matrix.count() * row.kept() : row.kept();
    }
    return kept;
  }

  /** Draws every block, counts what is kept in each, and that it is as much as the table says. */
  private List<Places> drawn(List<DeltaTable.Row> rows) throws IOException {
    List<TensorMask> masks = new ArrayList<>();
    for (DeltaTable.Row row : rows) {
      DrawnMask drawn = (DrawnMask) mask.of(row.name());
      long count = Tensor.count(row.shape());
      if (!drawn.canKeep(row.kept(), count)) {
        throw wrongCount(row, "could keep of " + count + " elements");
      }
      masks.add(drawn.on(row.name(), row.shape()));
    }
    long[] kept = rows.stream().mapToLong(DeltaTable.Row::kept).toArray();
    long[][] ends = counted(rows, masks, kept);
    List<Places> places = new ArrayList<>();
    for (int i = 0; i < kept.length; i++) {
      Places here = new Places(rows.get(i), masks.get(i), ends[i], 0);
      if (here.kept() != kept[i]) {
        throw wrongCount(
            here.row(), "keeps, " + (here.kept() > kept[i] ? "which is more" : here.kept()));
      }
      places.add(here);
    }
    return places;
  }

  /** Per tensor and block, how many elements are kept up to its end. */
  private long[][] counted(List<DeltaTable.Row> rows, List<TensorMask> masks, long[] most) {
    int[] blocks = TensorMask.blocks(rows, row -> Tensor.count(row.shape()));
    long[][] ends = Arrays.stream(blocks).mapToObj(long[]::new).toArray(long[][]::new);
    AtomicLongArray kept = new AtomicLongArray(blocks.length);
    Blocks.forEach(
        threads,
        blocks,
        () -> {
          char[] offsets = new char[TensorMask.BLOCK];
          return (tensor, block) -> {
            // Once there are more than there should be nothing else matters.
            if (kept.get(tensor) <= most[tensor]) {
              ends[tensor][block] = masks.get(tensor).block(block, offsets);
              kept.addAndGet(tensor, ends[tensor][block]);
            }
          };
        });
    for (long[] each : ends) {
      Arrays.parallelPrefix(each, Long::sum);
    }
    return ends;
  }

  private List<Places> columns(List<DeltaTable.Row> rows, Tensor code) throws IOException {
    RiceScan scan = scan(rows, code, row -> Rows.of(row.shape()).length());
    List<RicePlaces> coded = scan.places(threads);
    List<TensorMask> masks = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      masks.add(new ColumnPlaces(rows.get(i).shape(), coded.get(i).indices()));
    }
    long[] most = rows.stream().mapToLong(row -> Long.MAX_VALUE).toArray();
    long[][] ends = counted(rows, masks, most);
    List<Places> places = new ArrayList<>();
    for (int i = 0; i < ends.length; i++) {
      places.add(new Places(rows.get(i), masks.get(i), ends[i], scan.bytes(i)));
    }
    return places;
  }

  private List<Places> gaps(List<DeltaTable.Row> rows, Tensor code) throws IOException {
    RiceScan scan = scan(rows, code, row -> Tensor.count(row.shape()));
    List<RicePlaces> coded = scan.places(threads);
    List<Places> places = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      RicePlaces here = coded.get(i);
      places.add(new Places(rows.get(i), here, here.ends(), scan.bytes(i)));
    }
    return places;
  }

  private RiceScan scan(
      List<DeltaTable.Row> rows, Tensor code, ToLongFunction<DeltaTable.Row> count)
      throws IOException {
    return new RiceScan(
        path,
        code,
        rows.stream()
            .map(
                row ->
                    new RiceScan.Coded(
                        row.name(), count.applyAsLong(row), row.kept(), row.parameter()))
            .toList());
  }

  private MalformedFileException wrongCount(DeltaTable.Row row, String whatTheMaskDoes) {
    return new MalformedFileException(
        path, "as many kept of " + row.name() + " as the mask " + whatTheMaskDoes, row.kept());
  }
}
