package io.darex.prune.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.prune.Checkpoints;
import io.darex.prune.DType;
import io.darex.prune.NonFiniteException;
import io.darex.prune.Tensor;
import io.darex.prune.file.Watched;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.CheckpointDigest;
import io.darex.prune.folder.Hostile;
import io.darex.prune.tensor.ConvertedTensor;
import io.darex.prune.tensor.FloatTensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  private static final int PIECE_VALUES = SafetensorsLayout.PIECE / Float.BYTES;
  private static final String ZEROS = "0".repeat(64);
  private static final Map<String, String> METADATA = Map.of("digest", ZEROS, "a", "ü");
  private static final WriteOptions NAMED = WriteOptions.defaults().withIdentity("inputs");

  @TempDir Path folder;
  private Path target;

  /** Nine pieces: of large and small tensors, of two element sizes, of none. */
  private final List<Tensor> tensors =
      List.of(
          Checkpoints.random(1, "large", 1, 5, PIECE_VALUES - 7),
          ConvertedTensor.of(Checkpoints.random(2, "half", 1, 2 * PIECE_VALUES + 3), DType.BF16),
          Checkpoints.random(3, "empty", 1, 0, 4),
          Checkpoints.random(4, "scalar", 1),
          Checkpoints.random(5, "also empty", 1, 0),
          Checkpoints.random(6, "exact", 1, PIECE_VALUES));

  private final AtomicInteger computed = new AtomicInteger();

  @BeforeEach
  void target() {
    target = folder.resolve("out.safetensors");
  }

  @Test
  void writesWhatOneThreadWouldFromFrontToBack() throws IOException {
    byte[] expected = frontToBack();
    for (int threads : new int[] {1, 2, 8}) {
      AtomicLong bytes = new AtomicLong();
      WriteOptions options =
          WriteOptions.defaults()
              .withForce(true)
              .withThreads(threads)
              .withBytesDone(bytes::addAndGet);
      List<Tensor> shuffled = new ArrayList<>(tensors);
      Collections.rotate(shuffled, threads);
      SafetensorsWriter.write(target, shuffled, METADATA, options, Seal.NONE);
      assertThat(target).hasBinaryContent(expected);
      assertThat(bytes).hasValue(tensors.stream().mapToLong(SafetensorsLayout::bytes).sum());
    }
    assertOnlyTheTarget();
  }

  @Test
  void sealsWithWhatIsKnownAtTheEnd() throws IOException {
    SafetensorsWriter.write(
        target,
        tensors,
        METADATA,
        NAMED,
        written -> {
          assertThat(written.metadata()).isEqualTo(METADATA);
          assertThat(written.path().resolveSibling("out.safetensors")).doesNotExist();
          return Map.of("digest", CheckpointDigest.of(written));
        });
    Safetensors read = Safetensors.open(target);
    assertThat(read.metadata()).isEqualTo(Map.of("digest", CheckpointDigest.of(tensors), "a", "ü"));
    assertThat(CheckpointDigest.of(read)).isEqualTo(CheckpointDigest.of(tensors));
  }

  @Test
  void refusesASealWithoutItsPlaceholder() throws IOException {
    for (Map<String, String> sealed :
        List.of(Map.of("digest", "x".repeat(100)), Map.of("other", ZEROS))) {
      assertThatThrownBy(
              () -> SafetensorsWriter.write(target, tensors, METADATA, NAMED, written -> sealed))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining(sealed.keySet().iterator().next());
      assertThat(folder).isEmptyDirectory();
    }
  }

  @Test
  void continuesWhatAFaultOfTheDiskCutShort() throws IOException {
    cutShort("half", NAMED);
    assertThat(target).doesNotExist();
    int before = computed.getAndSet(0);
    assertThat(before).isPositive();
    AtomicLong bytes = new AtomicLong();
    WriteOptions telling =
        NAMED.withBytesDone(bytes::addAndGet).withBytesFound(bytes::addAndGet).withThreads(1);
    write(telling, "none");
    assertThat(computed.get() + before).as("pieces of both runs").isEqualTo(9);
    assertThat(bytes).hasValue(tensors.stream().mapToLong(SafetensorsLayout::bytes).sum());
    assertThat(target).hasBinaryContent(frontToBack());
    assertOnlyTheTarget();
  }

  @Test
  void startsOverForAnotherIdentityHeaderOrNone() throws IOException {
    List<WriteOptions> others =
        List.of(NAMED.withIdentity("other inputs"), WriteOptions.defaults());
    for (WriteOptions other : others) {
      cutShort("half", NAMED);
      computed.set(0);
      write(other, "none");
      assertThat(computed).hasValue(9);
      assertThat(target).hasBinaryContent(frontToBack());
      Files.delete(target);
    }
    cutShort("half", NAMED);
    SafetensorsWriter.write(target, tensors, Map.of(), NAMED, Seal.NONE);
    assertThat(Safetensors.open(target).metadata()).isEmpty();
    assertThat(CheckpointDigest.of(Safetensors.open(target)))
        .isEqualTo(CheckpointDigest.of(tensors));
    assertOnlyTheTarget();
  }

  @Test
  void leavesNothingOfWorkThatIsNeverContinued() {
    assertThatIOException()
        .isThrownBy(() -> write(WriteOptions.defaults(), "exact"))
        .withMessageContaining("out.safetensors: could not be written")
        .withMessageEndingWith("plug pulled");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void doesNotBelieveWhatItFinds() throws IOException {
    Path journal = folder.resolve(".out.safetensors.partial.journal");
    Path partial = folder.resolve(".out.safetensors.partial");
    byte[] expected = frontToBack();
    for (String fault : List.of("torn", "lies", "no data", "damaged", "zeros")) {
      cutShort("half", NAMED);
      String lines = Files.readString(journal);
      assertThat(lines.lines().count()).isGreaterThan(2);
      switch (fault) {
        case "torn" -> Files.writeString(journal, lines.substring(0, lines.length() - 3));
        case "lies" ->
            Files.writeString(
                journal,
                "0 00000000\n8 12345678\n9 00000000\n999999999 0\n-1 x\n\n",
                StandardOpenOption.APPEND);
        case "no data" -> Files.delete(partial);
        case "damaged" -> {
          byte[] data = Files.readAllBytes(partial);
          data[data.length / 2] ^= 1;
          Files.write(partial, data);
        }
        default -> Files.write(journal, new byte[lines.length()]);
      }
      write(NAMED, "none");
      assertThat(target).as(fault).hasBinaryContent(expected);
      assertOnlyTheTarget();
      Files.delete(target);
    }
  }

  @Test
  void leavesNothingOfBadInput() {
    float[] values = new float[3 * PIECE_VALUES];
    values[2 * PIECE_VALUES + 5] = Float.NEGATIVE_INFINITY;
    Tensor bad = new FloatTensor("bad", new long[] {values.length}, values);
    List<Tensor> all = new ArrayList<>(tensors);
    all.add(ConvertedTensor.of(bad, DType.F16));
    assertThatThrownBy(() -> SafetensorsWriter.write(target, all, METADATA, NAMED, Seal.NONE))
        .isInstanceOf(NonFiniteException.class)
        .hasMessageContaining("tensor bad, element 131077");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void refusesASecondWriterOfTheSameTarget() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch end = new CountDownLatch(1);
    FutureTask<Void> first =
        new FutureTask<>(
            () -> {
              SafetensorsWriter.write(
                  target,
                  tensors,
                  METADATA,
                  NAMED,
                  written -> {
                    begun.countDown();
                    awaitQuietly(end);
                    return Map.of();
                  });
              return null;
            });
    new Thread(first).start();
    begun.await();
    try {
      assertThatIOException()
          .isThrownBy(() -> write(NAMED, "none"))
          .withMessageContaining("out.safetensors: someone else is writing it just now");
    } finally {
      end.countDown();
    }
    first.get();
    assertThat(target).hasBinaryContent(frontToBack());
    assertOnlyTheTarget();
  }

  @Test
  void doesNotReplaceWhatAppearedMeanwhileAndContinuesWhenTold() throws IOException {
    assertThatThrownBy(
            () ->
                SafetensorsWriter.write(
                    target,
                    tensors,
                    METADATA,
                    NAMED,
                    written -> {
                      Files.writeString(target, "of somebody else");
                      return Map.of();
                    },
                    Duration.ZERO))
        .isInstanceOf(FileAlreadyExistsException.class);
    assertThat(target).hasContent("of somebody else");
    write(NAMED.withForce(true), "none");
    assertThat(computed).as("pieces written again").hasValue(0);
    assertThat(target).hasBinaryContent(frontToBack());
    assertOnlyTheTarget();
  }

  /** Writes until the first piece of that tensor is asked for, noting every piece. */
  private void cutShort(String tensor, WriteOptions options) {
    assertThatIOException()
        .isThrownBy(() -> write(options, tensor))
        .withMessageContaining("plug pulled")
        .withMessageEndingWith("what is done is kept, and running again continues");
  }

  private void write(WriteOptions options, String failing) throws IOException {
    List<Tensor> watched = new ArrayList<>();
    for (Tensor tensor : tensors) {
      watched.add(
          new Watched(
              tensor,
              from -> {
                if (tensor.name().equals(failing)) {
                  throw new UncheckedIOException(new IOException("plug pulled"));
                }
                computed.incrementAndGet();
              }));
    }
    // One thread, so that whatever comes before the failing tensor is done.
    SafetensorsWriter.write(
        target, watched, METADATA, options.withThreads(1), Seal.NONE, Duration.ZERO);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** An own, plain writer: the header, then each tensor whole. */
  private byte[] frontToBack() throws IOException {
    List<Tensor> inOrder = new ArrayList<>();
    for (String name : List.of("also empty", "empty", "exact", "large", "scalar", "half")) {
      inOrder.add(tensors.stream().filter(tensor -> tensor.name().equals(name)).findFirst().get());
    }
    StringBuilder header =
        new StringBuilder("{\"__metadata__\":{\"a\":\"ü\",\"digest\":\"" + ZEROS + "\"}");
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    Map<String, String> entries = new TreeMap<>();
    for (Tensor tensor : inOrder) {
      int begin = data.size();
      byte[] bytes = new byte[(int) tensor.count() * tensor.dtype().bytes()];
      tensor.bytes(0, (int) tensor.count()).get(bytes);
      data.writeBytes(bytes);
      entries.put(
          tensor.name(),
          ",\"%s\":{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%d,%d]}"
              .formatted(
                  tensor.name(),
                  tensor.dtype(),
                  Arrays.toString(tensor.shape()).replace(" ", ""),
                  begin,
                  data.size()));
    }
    entries.values().forEach(header::append);
    String text = header.append('}').toString();
    // The one ü takes two bytes.
    return Hostile.bytes(text + " ".repeat(-(text.length() + 1) & 7), data.toByteArray());
  }

  private void assertOnlyTheTarget() throws IOException {
    try (Stream<Path> paths = Files.list(folder)) {
      assertThat(Set.copyOf(paths.toList())).isEqualTo(Set.of(target));
    }
  }
}
