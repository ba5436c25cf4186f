package io.darex.prune.safetensors;

import io.darex.prune.Parallel;
import io.darex.prune.Tensor;
import io.darex.prune.file.AtomicWrite;
import io.darex.prune.file.Finished;
import io.darex.prune.file.PartialOutput;
import io.darex.prune.file.Sha256;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.safetensors.SafetensorsLayout.Piece;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.zip.CRC32C;

/**
 * Writes tensors as one safetensors file. The same input gives the same bytes, on any number of
 * threads, resumed or not: where each value lies is fixed before the first is asked for. Threads
 * take pieces of 256 KiB and write each to its place, so memory is bounded by threads times pieces
 * and a tensor can be as large as it likes and be computed as it is read.
 *
 * <p>The file has its name only when it is complete and synced; until then it is {@code
 * .NAME.partial} beside it. What is finished there is noted with its CRC-32C in {@code
 * .NAME.partial.journal}, from the second second on and about once a second, so that short work
 * pays nothing and long work that is cut short loses little.
 */
public final class SafetensorsWriter {
  private static final Duration BATCH = Duration.ofSeconds(1);

  private final SafetensorsLayout layout;
  private final WriteOptions options;
  private final PartialOutput output;
  private final FileChannel channel;
  private final Finished finished;

  private SafetensorsWriter(
      SafetensorsLayout layout,
      WriteOptions options,
      PartialOutput output,
      FileChannel channel,
      Finished finished) {
    this.layout = layout;
    this.options = options;
    this.output = output;
    this.channel = channel;
    this.finished = finished;
  }

  /**
   * Writes a file.
   *
   * @param metadata the {@code __metadata__}, with placeholders for what {@code seal} gives
   * @throws java.nio.file.FileAlreadyExistsException if it exists and {@link WriteOptions#force()}
   *     is not given
   * @throws IOException if someone else is writing the same file, or if it cannot be written. With
   *     a {@link WriteOptions#identity()} the same call continues when the cause is removed; after
   *     any unchecked exception, such as of a tensor that holds NaN, nothing is left.
   * @throws IllegalArgumentException if two tensors have the same name
   * @throws IllegalStateException if the seal gives a key or a length that has no placeholder
   */
  public static void write(
      Path path,
      Collection<? extends Tensor> tensors,
      Map<String, String> metadata,
      WriteOptions options,
      Seal seal)
      throws IOException {
    write(path, tensors, metadata, options, seal, BATCH);
  }

  /** As the public method, with the time after which, and between which, the journal is written. */
  static void write(
      Path path,
      Collection<? extends Tensor> tensors,
      Map<String, String> metadata,
      WriteOptions options,
      Seal seal,
      Duration batch)
      throws IOException {
    SafetensorsLayout layout = new SafetensorsLayout(tensors, metadata);
    PartialOutput.write(
        AtomicWrite.Place.file(path, options.force()),
        options.identity().map(identity -> Sha256.hex(layout.headerText() + identity)),
        output -> {
          try (FileChannel channel = output.channel()) {
            Finished finished = new Finished(output, layout.pieces(), batch);
            new SafetensorsWriter(layout, options, output, channel, finished).complete(seal);
          }
        });
  }

  private void complete(Seal seal) throws IOException {
    try {
      Parallel.forEach(options.threads(), layout.pieces(), this::worker);
    } catch (UncheckedIOException e) {
      flushAfter(e.getCause());
      throw e.getCause();
    }
    // What is left of the batch matters only to a seal that takes its time, and is cut short.
    finished.flush();
    ByteBuffer header = layout.header(Map.of());
    int length = header.remaining();
    Map<String, String> sealed = seal.seal(layout.open(output.path()));
    header = layout.header(sealed);
    if (header.remaining() != length) {
      throw new IllegalStateException(
          "sealed metadata of another length than their placeholders: " + sealed);
    }
    writeFully(header, 0);
    options.inputs().requireUnchanged();
  }

  private void flushAfter(IOException failure) {
    try {
      finished.flush();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private LongConsumer worker() {
    CRC32C crc = new CRC32C();
    ByteBuffer scratch = ByteBuffer.allocate(SafetensorsLayout.PIECE);
    return number -> {
      try {
        Piece piece = layout.piece((int) number);
        if (isThere((int) number, piece, crc, scratch)) {
          options.bytesFound().accept(piece.bytes());
        } else {
          ByteBuffer bytes = piece.tensor().bytes(piece.from(), piece.length());
          writeFully(bytes.duplicate(), piece.position());
          if (finished.isJournaling()) {
            crc.reset();
            crc.update(bytes);
            finished.add((int) number, (int) crc.getValue());
          }
          options.bytesDone().accept(piece.bytes());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    };
  }

  /** Whether a piece was written by an earlier run and has arrived whole. */
  private boolean isThere(int number, Piece piece, CRC32C crc, ByteBuffer scratch)
      throws IOException {
    Optional<Integer> expected = finished.before(number);
    if (expected.isEmpty()) {
      return false;
    }
    scratch.clear().limit(piece.bytes());
    while (scratch.hasRemaining()
        && channel.read(scratch, piece.position() + scratch.position()) >= 0) {}
    crc.reset();
    crc.update(scratch.flip());
    return scratch.limit() == piece.bytes() && (int) crc.getValue() == expected.get();
  }

  private void writeFully(ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }
}
