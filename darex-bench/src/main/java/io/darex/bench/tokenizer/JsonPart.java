package io.darex.bench.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.darex.bench.console.BadInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A value in a JSON file with the path to it, so that a value of the wrong kind is refused by name.
 *
 * @param where file and path, for messages
 * @param node the value; missing where there is none
 */
record JsonPart(String where, JsonNode node) {
  /** Python's NaN and Infinity too: transformers writes and reads them. */
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /**
   * The object in a file.
   *
   * @throws BadInputException if the text is no JSON, or no object
   */
  static JsonPart object(String file, String text) {
    try {
      JsonNode node = JSON.readTree(text);
      JsonPart part = new JsonPart(file, node);
      if (!node.isObject()) {
        throw part.refusal("a JSON object");
      }
      return part;
    } catch (JsonProcessingException e) {
      throw new BadInputException(file + ": expected JSON: " + e.getOriginalMessage(), e);
    }
  }

  /** What an absent file holds. */
  static JsonPart empty(String file) {
    return new JsonPart(file, JSON.createObjectNode());
  }

  JsonPart at(String key) {
    return new JsonPart(where + ": " + key, node.path(key));
  }

  /** Neither written nor {@code null}. */
  boolean absent() {
    return node.isMissingNode() || node.isNull();
  }

  String text() {
    if (!node.isTextual()) {
      throw refusal("a text");
    }
    return node.textValue();
  }

  String text(String absent) {
    return absent() ? absent : text();
  }

  /** The value, or {@code absent} where the key is not written; {@code null} is refused. */
  boolean flag(boolean absent) {
    if (node.isMissingNode()) {
      return absent;
    }
    if (!node.isBoolean()) {
      throw refusal("true or false");
    }
    return node.booleanValue();
  }

  int number(int least, int most) {
    boolean fits = node.isIntegralNumber() && node.canConvertToInt();
    if (!fits || node.intValue() < least || node.intValue() > most) {
      throw refusal("a number of " + least + " to " + most);
    }
    return node.intValue();
  }

  String oneOf(List<String> names) {
    if (!node.isTextual() || !names.contains(node.textValue())) {
      throw refusal("one of " + String.join(", ", names));
    }
    return node.textValue();
  }

  List<JsonPart> list() {
    if (!node.isArray()) {
      throw refusal("a list");
    }
    List<JsonPart> parts = new ArrayList<>(node.size());
    for (JsonNode element : node) {
      parts.add(new JsonPart(where + "[" + parts.size() + "]", element));
    }
    return parts;
  }

  /** The values of an object by key, in the order of the file. */
  Map<String, JsonPart> entries() {
    if (!node.isObject()) {
      throw refusal("an object");
    }
    Map<String, JsonPart> parts = new LinkedHashMap<>();
    node.properties()
        .forEach(
            entry ->
                parts.put(
                    entry.getKey(), new JsonPart(where + ": " + entry.getKey(), entry.getValue())));
    return parts;
  }

  /** What to throw where this was expected: one line with what came. */
  BadInputException refusal(String expected) {
    return new BadInputException(where + ": expected " + expected + ", got " + came());
  }

  private String came() {
    if (node instanceof MissingNode) {
      return "none";
    }
    if (node.isTextual()) {
      return BadInputException.quote(node.textValue());
    }
    return node.isContainerNode() ? node.isArray() ? "a list" : "an object" : node.asText();
  }
}
