package io.darex.bench.sweep;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.darex.bench.console.BadInputException;
import io.darex.bench.report.CandidateResult;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The finished candidates of a sweep, in a file of JSON lines: first which sweep it is, then a line
 * for each candidate in the order of their ends. A line is on disk before anything follows from it;
 * the one that a crash has torn is dropped.
 */
final class Journal implements AutoCloseable {
  static final String FILE = "journal.jsonl";
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

  /** Millions of candidates. */
  private static final int MOST_BYTES = 1 << 30;

  /**
   * The first line.
   *
   * @param sweep digest of what determines the candidates
   * @param format version of the file
   */
  record Header(String sweep, int format) {}

  private static final int FORMAT = 1;

  private final Path file;
  private final FileChannel channel;
  private final TreeMap<Integer, CandidateResult> trials = new TreeMap<>();

  private Journal(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens the journal of a sweep in its folder, or begins one.
   *
   * @param sweep digest of what determines the candidates
   * @throws BadInputException if it is another sweep's, or a line but the last is broken
   */
  static Journal open(Path folder, String sweep) throws IOException {
    Files.createDirectories(folder);
    Path file = folder.resolve(FILE);
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
    Journal journal = new Journal(file, channel);
    try {
      journal.mend(journal.read(sweep), sweep);
      return journal;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /**
   * The candidates that a folder's journal has, which stays as it is; none where there is none.
   *
   * @throws BadInputException as {@link #open}
   */
  static Collection<CandidateResult> trials(Path folder, String sweep) throws IOException {
    Path file = folder.resolve(FILE);
    if (!Files.exists(file)) {
      return List.of();
    }
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      Journal journal = new Journal(file, channel);
      journal.read(sweep);
      return journal.trials();
    }
  }

  /** Whether a file is the journal of a sweep, as far as its first line says. */
  static boolean isOne(Path file) throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      String line = reader.readLine();
      return line == null || JSON.readValue(line, Header.class).sweep() != null;
    } catch (JsonProcessingException | CharacterCodingException e) {
      return false;
    }
  }

  /** Reads the lines that are good, and says how many bytes these have. */
  private int read(String sweep) throws IOException {
    if (channel.size() > MOST_BYTES) {
      throw new BadInputException(
          file + ": expected a sweep's journal, got " + channel.size() + " bytes");
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) channel.size());
    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
      // reads on
    }
    String text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    if (!text.contains("\n") && !json(new Header(sweep, FORMAT)).startsWith(text)) {
      throw new BadInputException(file + ": expected the journal of a sweep, got another file");
    }
    byte[] bytes = buffer.array();
    int whole = 0; // bytes of the lines that are good
    for (int number = 1; whole < buffer.position(); number++) {
      int end = whole;
      while (end < buffer.position() && bytes[end] != '\n') {
        end++;
      }
      if (end == buffer.position()) {
        break; // torn: no end of line
      }
      try {
        if (number == 1) {
          requireSame(parse(bytes, whole, end, Header.class), sweep);
        } else {
          CandidateResult trial = parse(bytes, whole, end, CandidateResult.class).requireWhole();
          trials.putIfAbsent(trial.candidate(), trial);
        }
      } catch (JsonProcessingException e) {
        if (end == buffer.position() - 1) {
          break; // torn: its end reached the disk before its middle
        }
        throw new BadInputException(
            file + ":" + number + ": expected a line of a sweep's journal", e);
      } catch (IOException | IllegalArgumentException e) {
        // Other bytes than UTF-8 are none of Jackson's exceptions of content.
        throw new BadInputException(
            file + ":" + number + ": expected a line of a sweep's journal", e);
      }
      whole = end + 1;
    }
    return whole;
  }

  private void mend(int whole, String sweep) throws IOException {
    channel.truncate(whole);
    channel.position(whole);
    if (whole == 0) {
      write(new Header(sweep, FORMAT));
    }
  }

  private static <T> T parse(byte[] bytes, int from, int to, Class<T> type) throws IOException {
    T line = JSON.readValue(bytes, from, to - from, type);
    if (line == null) {
      throw JsonMappingException.from((JsonParser) null, "expected an object, got null");
    }
    return line;
  }

  private void requireSame(Header header, String sweep) {
    if (header.format() != FORMAT || !sweep.equals(header.sweep())) {
      throw new BadInputException(
          file
              + ": belongs to another sweep (its configuration differs in more than how many, how"
              + " long and how it runs); --force starts over, --out names another folder");
    }
  }

  /** Adds a candidate; when this returns it is on disk. */
  synchronized void append(CandidateResult trial) throws IOException {
    write(trial);
    trials.put(trial.candidate(), trial);
  }

  private static String json(Object line) throws IOException {
    return JSON.writeValueAsString(JSON.<JsonNode>valueToTree(line)) + "\n";
  }

  private void write(Object line) throws IOException {
    String text = json(line);
    ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(true);
  }

  synchronized Optional<CandidateResult> trial(int candidate) {
    return Optional.ofNullable(trials.get(candidate));
  }

  /** All candidates so far, by number. */
  synchronized Collection<CandidateResult> trials() {
    return List.copyOf(trials.values());
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
