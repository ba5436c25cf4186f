package io.darex.prune.safetensors;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.darex.prune.DType;
import io.darex.prune.Tensor;
import io.darex.prune.file.ForeignFile;
import io.darex.prune.file.MalformedFileException;
import io.darex.prune.file.MappedFile;
import java.io.CharConversionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The header of a safetensors file, read as if an enemy had written it. It is streamed rather than
 * made a tree: a header at the size cap must not take ten times that memory.
 *
 * @param metadata its {@code __metadata__}, empty where there is none
 * @param entries the tensors, by name
 */
record SafetensorsHeader(SortedMap<String, String> metadata, SortedMap<String, Entry> entries) {
  /** The cap Hugging Face's own reader has. */
  static final int MAX_HEADER = 100_000_000;

  /** What a header takes in memory, in times of its length: the text, and what it becomes. */
  private static final long HEADER_MEMORY = 8;

  static final String METADATA = "__metadata__";

  private static final int MAX_RANK = 64;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  /**
   * One tensor of the header.
   *
   * @param begin where its bytes begin, from the file's start
   * @param end where they end
   */
  record Entry(String name, DType dtype, List<Long> shape, long begin, long end) {
    long[] dimensions() {
      return shape.stream().mapToLong(Long::longValue).toArray();
    }
  }

  /**
   * Reads and checks everything but the values.
   *
   * @throws MalformedFileException naming the first fault
   */
  static SafetensorsHeader read(MappedFile file) throws IOException {
    Path path = file.path();
    Optional<String> other = ForeignFile.at(file);
    if (other.isPresent()) {
      throw new MalformedFileException(path, "a safetensors file", other.get());
    }
    if (file.size() < Long.BYTES) {
      throw new MalformedFileException(
          path, "at least the 8 bytes of the header length", file.size() + " bytes");
    }
    long length = file.slice(0, Long.BYTES).getLong();
    if (length < 0 || length > MAX_HEADER) {
      throw new MalformedFileException(
          path, "a header of at most " + MAX_HEADER + " bytes", Long.toUnsignedString(length));
    }
    if (length > file.size() - Long.BYTES) {
      throw new MalformedFileException(
          path,
          "the " + length + " header bytes that the file announces",
          file.size() - Long.BYTES + " bytes: truncated, or the header length is wrong");
    }
    if (length * HEADER_MEMORY > Runtime.getRuntime().maxMemory()) {
      throw new OutOfMemoryError(
          path + " has a header of " + length + " bytes, which takes " + HEADER_MEMORY + " times");
    }
    ByteBuffer bytes = file.slice(Long.BYTES, (int) length);
    byte[] text = new byte[(int) length];
    bytes.get(text);
    try (JsonParser parser = JSON.createParser(text)) {
      SafetensorsHeader header = new Reading(path, Long.BYTES + length, file.size()).header(parser);
      header.checkLayout(path, Long.BYTES + length, file.size());
      return header;
    } catch (JsonProcessingException | CharConversionException e) {
      String fault =
          e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
      throw new MalformedFileException(
          path, "a JSON object as header", fault.lines().findFirst().orElse("none"));
    }
  }

  /** The tensors must follow each other from the first data byte to the last. */
  private void checkLayout(Path path, long dataStart, long fileSize) throws IOException {
    List<Entry> inOrder = new ArrayList<>(entries.values());
    inOrder.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
    long expected = dataStart;
    for (Entry entry : inOrder) {
      if (entry.begin() != expected) {
        throw new MalformedFileException(
            path,
            "tensor " + entry.name() + " to begin at data offset " + (expected - dataStart),
            entry.begin()
                - dataStart
                + (entry.begin() < expected ? ": tensors overlap" : ": a hole between tensors"));
      }
      expected = entry.end();
    }
    if (expected != fileSize) {
      throw new MalformedFileException(
          path,
          "the file to end with its last tensor at byte " + expected,
          (fileSize - expected) + " bytes after it");
    }
  }

  /** The state of reading one header. */
  private record Reading(Path path, long dataStart, long fileSize) {

    SafetensorsHeader header(JsonParser parser) throws IOException {
      SortedMap<String, String> metadata = new TreeMap<>();
      SortedMap<String, Entry> entries = new TreeMap<>();
      expect(parser.nextToken(), JsonToken.START_OBJECT, "a JSON object as header");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        if (name.equals(METADATA)) {
          metadata.putAll(metadata(parser));
        } else {
          entries.put(name, entry(parser, name));
        }
      }
      JsonToken after = parser.nextToken();
      if (after != null) {
        throw new MalformedFileException(path, "nothing but spaces after the header object", after);
      }
      return new SafetensorsHeader(metadata, entries);
    }

    private Map<String, String> metadata(JsonParser parser) throws IOException {
      Map<String, String> metadata = new TreeMap<>();
      if (parser.currentToken() == JsonToken.VALUE_NULL) {
        return metadata; // as Hugging Face's own reader takes it
      }
      expect(parser.currentToken(), JsonToken.START_OBJECT, METADATA + " to be an object");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        expect(parser.nextToken(), JsonToken.VALUE_STRING, METADATA + "." + key + " to be a text");
        metadata.put(key, parser.getText());
      }
      return metadata;
    }

    private Entry entry(JsonParser parser, String name) throws IOException {
      String where = "tensor " + name;
      String dtype = null;
      List<Long> shape = null;
      List<Long> offsets = null;
      expect(parser.currentToken(), JsonToken.START_OBJECT, where + " to be an object");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        JsonToken value = parser.nextToken();
        switch (key) {
          case "dtype" -> {
            expect(value, JsonToken.VALUE_STRING, where + ": dtype to be a text");
            dtype = parser.getText();
          }
          case "shape" -> shape = numbers(parser, where + ": shape", MAX_RANK);
          case "data_offsets" -> offsets = numbers(parser, where + ": data_offsets", 2);
          default -> parser.skipChildren();
        }
      }
      if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
        throw new MalformedFileException(
            path,
            where + " to have dtype, shape and two data_offsets",
            "dtype " + dtype + ", shape " + shape + ", data_offsets " + offsets);
      }
      return entry(name, dtype(where, dtype), shape, offsets.get(0), offsets.get(1));
    }

    private Entry entry(String name, DType dtype, List<Long> shape, long begin, long end)
        throws IOException {
      String where = "tensor " + name;
      long data = fileSize - dataStart;
      if (begin > end || end > data) {
        throw new MalformedFileException(
            path,
            where + ": data_offsets that rise and stay within the " + data + " data bytes",
            "[" + begin + ", " + end + "]" + (begin > end ? "" : ": is the file cut short?"));
      }
      long bytes;
      try {
        long[] dimensions = shape.stream().mapToLong(Long::longValue).toArray();
        bytes = dtype.bytes(Tensor.count(dimensions));
      } catch (ArithmeticException e) {
        throw new MalformedFileException(
            path,
            where + ": a shape of whole bytes, less than 2^63 bytes in all, of " + dtype,
            shape);
      }
      if (bytes != end - begin) {
        throw new MalformedFileException(
            path,
            where + ": " + bytes + " bytes for shape " + shape + " of " + dtype,
            "data_offsets that span " + (end - begin));
      }
      return new Entry(name, dtype, shape, dataStart + begin, dataStart + end);
    }

    private DType dtype(String where, String name) throws IOException {
      try {
        return DType.valueOf(name);
      } catch (IllegalArgumentException e) {
        throw new MalformedFileException(
            path, where + ": a dtype of " + Arrays.toString(DType.values()), "'" + name + "'");
      }
    }

    private List<Long> numbers(JsonParser parser, String where, int most) throws IOException {
      List<Long> numbers = new ArrayList<>();
      expect(parser.currentToken(), JsonToken.START_ARRAY, where + " to be an array");
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, where + " to hold integers");
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER
            || parser.getLongValue() < 0) {
          throw new MalformedFileException(
              path, where + " to hold integers from 0 to 2^63-1", parser.getText());
        }
        if (numbers.size() == most) {
          throw new MalformedFileException(path, where + " to hold at most " + most, "more");
        }
        numbers.add(parser.getLongValue());
      }
      return numbers;
    }

    private void expect(JsonToken found, JsonToken expected, String what) throws IOException {
      if (found != expected) {
        throw new MalformedFileException(path, what, found == null ? "the end" : found);
      }
    }
  }
}
