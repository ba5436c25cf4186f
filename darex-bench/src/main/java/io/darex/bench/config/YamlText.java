package io.darex.bench.config;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import io.darex.bench.console.BadInputException;
import io.darex.prune.file.FileFaults;
import io.darex.prune.file.InputFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;

/** Reads the one document of a YAML file, with the line of every key and value. */
final class YamlText {
  /** Far more than a configuration needs; a file of q's has a line for each tensor. */
  private static final int MOST_BYTES = 16 << 20;

  /**
   * A token costs SnakeYAML the square of its length. In a file up to this size that is a second at
   * most; in a larger one lines, and so tokens, have to be shorter.
   */
  private static final int SMALL = 1 << 20;

  private static final int LONGEST_LINE = 1 << 16;

  /** What Jackson says of its own insides: {@code due to (java.lang.NumberFormatException)}. */
  private static final String JAVA = ",? *(: failed to tokenize)? due to \\(?java\\..*";

  private static final YAMLFactory YAML = factory();

  private final Path file;
  private final YAMLParser parser;
  private final Map<JsonPointer, Integer> lines;

  private YamlText(Path file, YAMLParser parser, Map<JsonPointer, Integer> lines) {
    this.file = file;
    this.parser = parser;
    this.lines = lines;
  }

  private static YAMLFactory factory() {
    LoaderOptions options = new LoaderOptions();
    options.setCodePointLimit(MOST_BYTES);
    return YAMLFactory.builder()
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .loaderOptions(options)
        .build();
  }

  /**
   * Reads a file.
   *
   * @param lines takes the line of every key and value
   * @return a missing node where the file is empty
   * @throws BadInputException if it cannot be read or is not one document of YAML
   */
  static JsonNode read(Path file, Map<JsonPointer, Integer> lines) {
    String text = text(file);
    try (YAMLParser parser = YAML.createParser(text)) {
      return new YamlText(file, parser, lines).document();
    } catch (JsonProcessingException e) {
      int line = e.getLocation() == null ? 1 : e.getLocation().getLineNr();
      String what = e.getOriginalMessage().lines().findFirst().orElse("");
      what = what.replaceFirst(JAVA, "");
      throw new BadInputException(file + ":" + line + ": expected YAML: " + what, e);
    } catch (IOException e) {
      throw new BadInputException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static String text(Path file) {
    String text;
    try {
      long size = Files.size(file);
      if (size > MOST_BYTES) {
        throw new BadInputException(
            file + ": expected a YAML file of at most 16 MiB, got " + size + " bytes");
      }
      text = InputFile.text(file);
    } catch (NoSuchFileException e) {
      throw new BadInputException(file + ": expected a YAML file, got none there", e);
    } catch (IOException e) {
      throw new BadInputException(FileFaults.sentence(e), e);
    }
    if (text.length() > SMALL) {
      requireShortLines(file, text);
    }
    return text;
  }

  private static void requireShortLines(Path file, String text) {
    int number = 1;
    for (int start = 0; start < text.length(); number++) {
      int end = text.indexOf('\n', start);
      int length = (end < 0 ? text.length() : end) - start;
      if (length > LONGEST_LINE) {
        throw BadInputException.at(
            file,
            number,
            "a line of at most " + LONGEST_LINE + " characters in so large a file",
            "one of " + length);
      }
      start += length + 1;
    }
  }

  private JsonNode document() throws IOException {
    if (parser.nextToken() == null) {
      return MissingNode.getInstance();
    }
    JsonNode root = value(JsonPointer.empty());
    if (parser.nextToken() != null) {
      throw BadInputException.at(file, line(), "one YAML document", "a second one");
    }
    return root;
  }

  /** What begins at the current token. */
  private JsonNode value(JsonPointer at) throws IOException {
    lines.putIfAbsent(at, line());
    if (parser.currentToken() == JsonToken.START_OBJECT) {
      ObjectNode mapping = JsonNodeFactory.instance.objectNode();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        JsonPointer below = at.appendProperty(key);
        lines.putIfAbsent(below, line());
        parser.nextToken();
        mapping.set(key, value(below));
      }
      return mapping;
    }
    if (parser.currentToken() == JsonToken.START_ARRAY) {
      ArrayNode list = JsonNodeFactory.instance.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        list.add(value(at.appendIndex(list.size())));
      }
      return list;
    }
    if (parser.isCurrentAlias()) {
      throw BadInputException.at(
          file, line(), "the value itself, for aliases are not followed", "*" + parser.getText());
    }
    return Word.of(scalar(), parser.getText());
  }

  private JsonNode scalar() throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> TextNode.valueOf(parser.getText());
      case VALUE_TRUE -> BooleanNode.TRUE;
      case VALUE_FALSE -> BooleanNode.FALSE;
      case VALUE_NULL -> NullNode.getInstance();
      case VALUE_NUMBER_INT ->
          switch (parser.getNumberType()) {
            case INT -> IntNode.valueOf(parser.getIntValue());
            case LONG -> LongNode.valueOf(parser.getLongValue());
            default -> BigIntegerNode.valueOf(parser.getBigIntegerValue());
          };
      case VALUE_NUMBER_FLOAT -> DoubleNode.valueOf(parser.getDoubleValue());
      default ->
          throw BadInputException.at(file, line(), "a text or a number", "a value of another type");
    };
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }
}
