package io.darex.bench.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Token ids against those of transformers, which src/study/tokenizer-grid.py recorded: families,
 * forms of the folder, and settings in every place that they can stand.
 */
class TokenizerGridTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonNode GRID = grid();

  /** Beyond the ids of all vocabularies, and of tokens that folders add. */
  private static final int ROWS = 1000;

  @TempDir private Path folder;

  @Test
  void idsAreThoseOfTransformersOrTheSettingIsRefusedByName() throws IOException {
    List<String> differing = new ArrayList<>();
    int refused = 0;
    for (JsonNode cell : GRID.path("cells")) {
      write(cell);
      TokenizerFiles files = TokenizerFiles.read(folder);
      List<String> refusals = refusals(cell);
      JsonNode wanted = GRID.path("results").path(cell.path(5).asInt());
      JsonNode got = ids(files, GRID.path("lengths").path(cell.path(2).textValue()).asInt());
      refused += refusals.isEmpty() ? 0 : 1;
      boolean right =
          refusals.isEmpty()
              ? got.equals(wanted)
              : refusals.stream().anyMatch(got.path("refused").asText()::contains);
      if (!right) {
        differing.add(cell + difference(got, wanted));
      }
    }
    assertThat(differing).isEmpty();
    assertThat(GRID.path("cells").size() - refused).isGreaterThan(500);
    assertThat(refused).isGreaterThan(20);
  }

  @Test
  void otherTokenizersAreRefusedByName() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), shared("@vocab.txt").textValue());
    for (String name :
        List.of(
            "BertJapaneseTokenizer", "MPNetTokenizerFast", "BertweetTokenizer", "GPT2Tokenizer")) {
      Files.writeString(
          folder.resolve("tokenizer_config.json"), "{\"tokenizer_class\": \"" + name + "\"}");
      assertThatThrownBy(() -> TokenizerFiles.read(folder).open(64, ROWS))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith("tokenizer_config.json: tokenizer_class: expected")
          .hasMessageEndingWith("got \"" + name + "\"");
    }
  }

  @Test
  void theModelsOwnConfigNamesTheClassToo() throws IOException {
    Files.writeString(folder.resolve("vocab.txt"), shared("@vocab.txt").textValue());
    Files.writeString(
        folder.resolve("config.json"),
        "{\"x\": NaN, \"tokenizer_class\": \"BertJapaneseTokenizer\"}");
    assertThatThrownBy(() -> TokenizerFiles.read(folder).open(64, ROWS))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("config.json: tokenizer_class: expected");
  }

  /** What the grid holds of a folder. */
  static List<Map<String, byte[]>> folders(int step) {
    List<Map<String, byte[]>> folders = new ArrayList<>();
    for (int i = 0; i < GRID.path("cells").size(); i += step) {
      folders.add(files(GRID.path("cells").path(i)));
    }
    return folders;
  }

  private void write(JsonNode cell) throws IOException {
    try (var old = Files.list(folder)) {
      for (Path file : old.toList()) {
        Files.delete(file);
      }
    }
    for (Map.Entry<String, byte[]> file : files(cell).entrySet()) {
      Files.write(folder.resolve(file.getKey()), file.getValue());
    }
  }

  private static Map<String, byte[]> files(JsonNode cell) {
    ObjectNode files = JSON.createObjectNode();
    files.putObject("config.json").set("model_type", cell.path(0));
    String kind = cell.path(2).textValue();
    files.setAll((ObjectNode) GRID.path("forms").path(kind).path(cell.path(3).asInt()));
    if (!cell.path(1).isNull()) {
      files.putObject("tokenizer_config.json").set("tokenizer_class", cell.path(1));
    }
    for (JsonNode name : cell.path(4)) {
      JsonNode setting = GRID.path("settings").path(kind).path(name.textValue());
      files
          .withObjectProperty(setting.path("file").textValue())
          .setAll((ObjectNode) setting.path("value"));
    }
    Map<String, byte[]> contents = new TreeMap<>();
    files
        .properties()
        .forEach(
            file -> {
              JsonNode content = filled(file.getValue());
              String text = content.isTextual() ? content.textValue() : content.toString();
              contents.put(file.getKey(), text.getBytes(StandardCharsets.UTF_8));
            });
    return contents;
  }

  private static JsonNode filled(JsonNode node) {
    if (node.isTextual() && node.textValue().startsWith("@")) {
      return filled(shared(node.textValue()));
    }
    if (!node.isObject()) {
      return node;
    }
    ObjectNode filled = JSON.createObjectNode();
    node.properties().forEach(entry -> filled.set(entry.getKey(), filled(entry.getValue())));
    return filled;
  }

  private static JsonNode shared(String name) {
    return GRID.path("shared").path(name);
  }

  /** The settings of a cell that are refused, of which the message names one. */
  private static List<String> refusals(JsonNode cell) {
    JsonNode settings = GRID.path("settings").path(cell.path(2).textValue());
    List<String> names = new ArrayList<>();
    for (JsonNode name : cell.path(4)) {
      JsonNode refused = settings.path(name.textValue()).path("refused");
      if (refused.isTextual()) {
        names.add(refused.textValue());
      }
    }
    return names;
  }

  private static String difference(JsonNode got, JsonNode wanted) {
    for (String part : List.of("texts", "pairs", "cut")) {
      for (int i = 0; i < wanted.path(part).size(); i++) {
        JsonNode one = got.path(part).path(i);
        if (!one.equals(wanted.path(part).path(i))) {
          return " " + part + " " + i + ": " + one + ", not " + wanted.path(part).path(i);
        }
      }
    }
    return ": " + got + ", not " + wanted;
  }

  private static JsonNode ids(TokenizerFiles files, int length) {
    ObjectNode got = JSON.createObjectNode();
    String text = GRID.path("long").textValue();
    ArrayNode cut = JsonNodeFactory.instance.arrayNode();
    try (Tokenizer tokenizer = files.open(64, ROWS)) {
      ArrayNode texts = got.putArray("texts");
      for (JsonNode one : GRID.path("texts")) {
        texts.add(numbers(tokenizer.encode(one.textValue()).ids()));
      }
      ArrayNode pairs = got.putArray("pairs");
      for (JsonNode pair : GRID.path("pairs")) {
        pairs.add(both(tokenizer.encode(text(pair.path(0).asInt()), text(pair.path(1).asInt()))));
      }
    } catch (BadInputException e) {
      return got.put("refused", e.getMessage());
    }
    try (Tokenizer few = files.open(length, ROWS)) {
      cut.add(both(few.encode(text)));
      cut.add(both(few.encode(text, text(0))));
      cut.add(both(few.encode(text(0), text)));
    }
    return got.set("cut", cut);
  }

  private static String text(int index) {
    return GRID.path("texts").path(index).textValue();
  }

  private static ArrayNode both(EncodedText encoded) {
    return JSON.createArrayNode().add(numbers(encoded.ids())).add(numbers(encoded.types()));
  }

  private static ArrayNode numbers(int[] values) {
    ArrayNode numbers = JSON.createArrayNode();
    for (int value : values) {
      numbers.add(value);
    }
    return numbers;
  }

  private static JsonNode grid() {
    try (InputStream in = TokenizerGridTest.class.getResourceAsStream("/tokenizer-grid.json")) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
