package io.darex.bench.config;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.console.BadInputException;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Range;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;

/**
 * One mapping of a YAML file, read key by key; every error is one line with file, line number, what
 * was expected and what came.
 *
 * <p>Call {@link #end} after the last key: it refuses the keys nobody asked for.
 */
public final class Section {
  /** Of a value in an error. */
  private static final int SHOWN = 200;

  private static final Set<String> TRUE = Set.of("true", "yes", "on", "y");
  private static final Set<String> FALSE = Set.of("false", "no", "off", "n");

  private final Path file;
  private final JsonPointer at;
  private final JsonNode node;
  private final Map<JsonPointer, Integer> lines;
  private final Set<String> asked = new TreeSet<>();

  private Section(Path file, JsonPointer at, JsonNode node, Map<JsonPointer, Integer> lines) {
    this.file = file;
    this.at = at;
    this.node = node;
    this.lines = lines;
  }

  /**
   * Reads a YAML file whose top level is a mapping.
   *
   * @throws BadInputException if there is no such file or it is not YAML
   */
  public static Section read(Path file) {
    Map<JsonPointer, Integer> lines = new HashMap<>();
    JsonNode root = YamlText.read(file, lines);
    Section section = new Section(file, JsonPointer.empty(), root, lines);
    if (!root.isObject()) {
      throw section.bad(section.at, "a mapping of keys to values", root);
    }
    return section;
  }

  /**
   * A copy of the mapping as YAML reads it; in the descriptions under {@code texts} scalars stay as
   * they are written, to be texts.
   */
  public ObjectNode tree(String texts) {
    ObjectNode copy = node.deepCopy();
    JsonNode kept = copy.remove(texts);
    Word.readAll(copy);
    // In its old place: the order belongs to a sweep's digest.
    ObjectNode ordered = copy.objectNode();
    node.fieldNames()
        .forEachRemaining(key -> ordered.set(key, key.equals(texts) ? kept : copy.get(key)));
    return ordered;
  }

  /**
   * The same place of the same file with another content, none of whose keys has been asked for;
   * errors name the lines of the file.
   */
  public Section withTree(ObjectNode tree) {
    return new Section(file, at, tree, lines);
  }

  /** As {@link #withTree}, with one text in the place of what the mapping says. */
  public Section with(String key, String text) {
    ObjectNode copy = node.deepCopy();
    return withTree(copy.put(key, text));
  }

  /** The mapping under {@code key}; an empty one if the key is absent. */
  public Section section(String key) {
    JsonNode value = get(key);
    JsonPointer pointer = at.appendProperty(key);
    if (value.isMissingNode() || Word.read(value).isNull()) {
      return new Section(file, pointer, new ObjectMapper().createObjectNode(), lines);
    }
    if (!value.isObject()) {
      throw bad(pointer, "a mapping of keys to values", value);
    }
    return new Section(file, pointer, value, lines);
  }

  /** The mappings of the list under {@code key}, or the one there as {@link #section} has it. */
  public List<Section> sections(String key) {
    JsonNode value = get(key);
    if (!value.isArray()) {
      return List.of(section(key));
    }
    if (value.isEmpty()) {
      throw bad(key, "at least one mapping of keys to values");
    }
    List<Section> sections = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      JsonPointer pointer = at.appendProperty(key).appendIndex(i);
      if (!value.get(i).isObject()) {
        throw bad(pointer, "a mapping of keys to values", value.get(i));
      }
      sections.add(new Section(file, pointer, value.get(i), lines));
    }
    return sections;
  }

  /** Whether {@code key} is there. */
  public boolean has(String key) {
    return !get(key).isMissingNode();
  }

  /** Whether there is a mapping under {@code key}. */
  public boolean isMapping(String key) {
    return get(key).isObject();
  }

  /** The file this is read from. */
  public Path file() {
    return file;
  }

  /** A text, or {@code fallback} if the key is absent; required if that is null. */
  public String text(String key, String fallback) {
    JsonNode value = get(key);
    if (value.isMissingNode() && fallback == null) {
      throw bad(at, "the key '" + key + "'", value);
    }
    return value.isMissingNode() ? fallback : toText(at.appendProperty(key), value);
  }

  /** A list of texts, each once; empty if the key is absent. */
  public List<String> texts(String key) {
    return axis(key, List.of(), this::toText);
  }

  /** True or false, or {@code fallback} if the key is absent. */
  public boolean flag(String key, boolean fallback) {
    JsonNode value = Word.read(get(key));
    if (value.isMissingNode()) {
      return fallback;
    }
    String word = value.asText().toLowerCase(Locale.ROOT);
    if (!value.isValueNode() || !(TRUE.contains(word) || FALSE.contains(word))) {
      throw bad(key, "true or false");
    }
    return TRUE.contains(word);
  }

  /** One number of the given range, or {@code fallback} if the key is absent. */
  public double number(String key, double fallback, Range range) {
    JsonNode value = get(key);
    return value.isMissingNode() ? fallback : toNumber(at.appendProperty(key), value, range);
  }

  /** One whole number of the given range, or {@code fallback} if the key is absent. */
  public long whole(String key, long fallback, Range range) {
    return (long) number(key, (double) fallback, range);
  }

  /** One number or a list of them, an axis; {@code fallback} if the key is absent. */
  public List<Double> numbers(String key, List<Double> fallback, Range range) {
    return axis(key, fallback, (pointer, value) -> toNumber(pointer, value, range));
  }

  /** One of the valid names, or {@code fallback} if the key is absent; required if that is null. */
  public String name(String key, String fallback, Collection<String> valid) {
    JsonNode value = get(key);
    if (value.isMissingNode() && fallback == null) {
      throw bad(at, "the key '" + key + "', one of " + String.join(", ", valid), value);
    }
    return value.isMissingNode() ? fallback : toName(at.appendProperty(key), value, valid);
  }

  /** One constant of an enum, by what {@code toString} calls it, or {@code fallback}. */
  public <E extends Enum<E>> E constant(String key, E fallback) {
    Map<String, E> valid = new LinkedHashMap<>();
    for (E each : fallback.getDeclaringClass().getEnumConstants()) {
      valid.put(each.toString(), each);
    }
    return valid.get(name(key, fallback.toString(), valid.keySet()));
  }

  /** One valid name or a list of them, an axis; {@code fallback} if the key is absent. */
  public List<String> names(String key, List<String> fallback, Collection<String> valid) {
    return axis(key, fallback, (pointer, value) -> toName(pointer, value, valid));
  }

  /** One text, in quotes where YAML would read a number, that must be there. */
  public String quoted(String key, String expected) {
    return toQuoted(at.appendProperty(key), get(key), expected);
  }

  /** One text or a list of them, in quotes where YAML would read numbers. */
  public List<String> quoted(String key, String expected, List<String> fallback) {
    return axis(key, fallback, (pointer, value) -> toQuoted(pointer, value, expected));
  }

  /** One size or a list of them, such as 400KB; none if the key is absent. */
  public List<String> sizes(String key) {
    return axis(key, List.of(), this::toSize);
  }

  private String toSize(JsonPointer pointer, JsonNode value) {
    try {
      if (value.isValueNode()) {
        return ByteSize.of(value.asText()).toString();
      }
    } catch (IllegalArgumentException e) {
      // The message below says what is expected.
    }
    throw bad(pointer, new Parameter.Bytes().words(), value);
  }

  /** Numbers of the given range by name, under {@code key}; none if it is absent. */
  public Map<String, Double> numbersByName(String key, Range range) {
    Section section = section(key);
    Map<String, Double> numbers = new TreeMap<>();
    section
        .node
        .fieldNames()
        .forEachRemaining(name -> numbers.put(name, section.number(name, Double.NaN, range)));
    return numbers;
  }

  /** Refuses the keys that have not been asked for, each with the nearest valid one. */
  public void end() {
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      String key = entry.getKey();
      if (!asked.contains(key)) {
        throw new BadInputException(
            where(at.appendProperty(key)) + Names.unknown("key", key, asked));
      }
    }
  }

  /** An error about the value of {@code key}. */
  public BadInputException bad(String key, String expected) {
    JsonNode value = get(key);
    return bad(value.isMissingNode() ? at : at.appendProperty(key), expected, value);
  }

  /** An error about what stands at {@code place}, seen from this mapping. */
  public BadInputException badAt(JsonPointer place, String expected) {
    return bad(at.append(place), expected, node.at(place));
  }

  /**
   * The path that {@code text}, a value of this file, names: beside the file, unless it is
   * absolute. It is as relative as the file's own.
   *
   * @throws BadInputException if no path can be called that
   */
  public Path beside(String key, String text) {
    try {
      Path path = file.resolveSibling(text).normalize();
      return path.toString().isEmpty() ? Path.of(".") : path;
    } catch (InvalidPathException e) {
      throw bad(key, "a path");
    }
  }

  private JsonNode get(String key) {
    asked.add(key);
    return node.path(key);
  }

  private <T> List<T> axis(
      String key, List<T> fallback, BiFunction<JsonPointer, JsonNode, T> convert) {
    JsonNode value = get(key);
    JsonPointer pointer = at.appendProperty(key);
    if (value.isMissingNode()) {
      return fallback;
    }
    if (!value.isArray()) {
      return List.of(convert.apply(pointer, value));
    }
    List<T> values = new ArrayList<>();
    for (int i = 0; i < value.size(); i++) {
      T converted = convert.apply(pointer.appendIndex(i), value.get(i));
      if (values.contains(converted)) {
        throw bad(pointer.appendIndex(i), "each value once", value.get(i));
      }
      values.add(converted);
    }
    if (values.isEmpty()) {
      throw bad(pointer, "at least one value", value);
    }
    return List.copyOf(values);
  }

  private double toNumber(JsonPointer pointer, JsonNode value, Range range) {
    double number = Double.NaN;
    if (Word.read(value).isNumber()) {
      number = Word.read(value).doubleValue();
    } else if (value.isTextual()) {
      // YAML 1.1 reads 1e-4, without a point, as text.
      try {
        number = Double.parseDouble(value.textValue());
      } catch (NumberFormatException e) {
        number = Double.NaN; // which no range admits
      }
    }
    if (!range.admits().test(number)) {
      String meant = range.equals(Range.SHARE) ? Rate.meant(value.asText()) : "";
      throw bad(pointer, range.words(), value, meant);
    }
    return number;
  }

  private String toText(JsonPointer pointer, JsonNode value) {
    if (!value.isValueNode() || value.asText().isBlank()) {
      throw bad(pointer, "a text", value);
    }
    return value.asText();
  }

  private String toName(JsonPointer pointer, JsonNode value, Collection<String> valid) {
    if (!value.isValueNode() || !valid.contains(value.asText())) {
      String came = value.isValueNode() ? value.asText() : value.toString();
      throw new BadInputException(where(pointer) + Names.unknown("value", came, valid));
    }
    return value.asText();
  }

  private String toQuoted(JsonPointer pointer, JsonNode value, String expected) {
    if (!value.isTextual()) {
      throw bad(pointer, expected, value);
    }
    return value.textValue();
  }

  private BadInputException bad(JsonPointer pointer, String expected, JsonNode came) {
    return bad(pointer, expected, came, "");
  }

  private BadInputException bad(JsonPointer pointer, String expected, JsonNode came, String meant) {
    String got = "nothing";
    if (came instanceof Word word) {
      got = word.textValue();
    } else if (!(came instanceof MissingNode)) {
      got = came.toString();
    }
    got = got.isEmpty() ? "nothing" : got;
    String cut = got.length() <= SHOWN ? got : got.substring(0, SHOWN) + "…";
    return new BadInputException(where(pointer) + "expected " + expected + ", got " + cut + meant);
  }

  private String where(JsonPointer pointer) {
    int line = lines.getOrDefault(pointer, 1);
    String path = pointer.toString().replaceFirst("^/", "").replace('/', '.');
    return file + ":" + line + ": " + (path.isEmpty() ? "" : path + ": ");
  }
}
