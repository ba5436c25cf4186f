package io.darex.bench.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.darex.bench.console.BadInputException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code tokenizer_config.json} and the older {@code special_tokens_map.json} and {@code
 * added_tokens.json} set, by the rules of transformers 5: a config with {@code
 * added_tokens_decoder} makes it ignore the two older files, and a value of the older one rules
 * over the config otherwise.
 */
final class TokenizerSettings {
  private static final List<String> STANDARD =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final String EXTRA = "extra_special_tokens";
  private static final String ADDITIONAL = "additional_special_tokens";
  private static final String DECODER = "added_tokens_decoder";

  /** CamemBERT's class has these where no file names others. */
  private static final List<String> CAMEMBERT =
      List.of("<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED");

  /** Settings that would change ids in a way that is not followed here. */
  private static final List<String> UNREAD =
      List.of("auto_map", "fast_tokenizer_files", "vocab", "merges", "init_inputs");

  private static final List<String> UNREAD_IF_TRUE =
      List.of("split_special_tokens", "fix_mistral_regex");

  private final TokenizerKind kind;
  private final Map<String, JsonPart> config;
  private final SortedMap<Integer, AddedToken> added = new TreeMap<>();
  private final Map<String, AddedToken> named = new LinkedHashMap<>();
  private final List<AddedToken> extra = new ArrayList<>();

  /** The older files. */
  record Older(JsonPart specialTokens, JsonPart addedTokens) {}

  /**
   * @param fast the {@code tokenizer.json}; an empty object where there is none
   * @throws BadInputException if a setting cannot be followed
   */
  TokenizerSettings(TokenizerKind kind, JsonPart config, Older older, JsonPart fast) {
    this.kind = kind;
    this.config = config.entries();
    for (String key : UNREAD) {
      if (!config.at(key).absent()) {
        throw config.at(key).refusal("none");
      }
    }
    for (String key : UNREAD_IF_TRUE) {
      if (config.at(key).flag(false)) {
        throw config.at(key).refusal("false");
      }
    }
    read(config, older, fast);
  }

  private void read(JsonPart config, Older older, JsonPart fast) {
    Map<String, JsonPart> set = new LinkedHashMap<>(this.config);
    if (set.containsKey(ADDITIONAL) && isEmpty(set.get(EXTRA))) {
      set.put(EXTRA, set.remove(ADDITIONAL));
    }
    Map<String, AddedToken> own = new LinkedHashMap<>();
    take(set, own);
    JsonPart decoder = config.at(DECODER);
    if (!decoder.node().isMissingNode()) {
      decoder
          .entries()
          .forEach((id, token) -> added.put(id(token, id), AddedToken.read(token, false)));
    } else {
      older
          .specialTokens()
          .entries()
          .forEach((key, value) -> set.merge(key, value, TokenizerSettings::merge));
      if (set.containsKey(EXTRA) && set.get(EXTRA).node().isObject()) {
        takeObject(set.remove(EXTRA), own);
      }
      Set<String> specials =
          Stream.concat(
                  STANDARD.stream().map(set::get).filter(part -> part != null && !part.absent()),
                  isEmpty(set.get(EXTRA)) ? Stream.of() : set.get(EXTRA).list().stream())
              .map(part -> token(part).content())
              .collect(Collectors.toSet());
      older
          .addedTokens()
          .entries()
          .forEach(
              (content, id) ->
                  added.put(
                      id.number(0, Integer.MAX_VALUE - 1),
                      AddedToken.plain(content, specials.contains(content))));
      if (!fast.at("added_tokens").absent()) {
        for (JsonPart token : fast.at("added_tokens").list()) {
          added.put(token.at("id").number(0, Integer.MAX_VALUE - 1), AddedToken.read(token, false));
        }
      }
    }
    name(set, fast);
    named.putAll(own);
    extras(set);
  }

  /** Special tokens of the model's own, {@code "ent_token": "[ENT]"}. */
  private static void take(Map<String, JsonPart> set, Map<String, AddedToken> own) {
    for (String key : List.copyOf(set.keySet())) {
      if (!STANDARD.contains(key) && key.endsWith("_token") && set.get(key).node().isTextual()) {
        own.put(key, AddedToken.named(set.remove(key).text()));
      }
    }
    if (set.containsKey(EXTRA) && set.get(EXTRA).node().isObject()) {
      takeObject(set.remove(EXTRA), own);
    }
  }

  private static void takeObject(JsonPart object, Map<String, AddedToken> own) {
    object.entries().forEach((key, value) -> own.put(key, token(value)));
  }

  private void name(Map<String, JsonPart> set, JsonPart fast) {
    Map<String, AddedToken> byContent =
        added.values().stream()
            .collect(Collectors.toMap(AddedToken::content, token -> token, (a, b) -> b));
    for (String key : STANDARD) {
      JsonPart value = set.get(key);
      if (value == null) {
        ofClass(key, fast).ifPresent(token -> named.put(key, token));
      } else if (!value.node().isNull()) {
        AddedToken token = token(value);
        AddedToken known = byContent.getOrDefault(token.content(), token);
        boolean strips = kind == TokenizerKind.CAMEMBERT && key.equals("mask_token");
        named.put(key, strips && known.named() ? camembertMask(known.content()) : known);
      }
    }
    set.forEach(
        (key, value) -> {
          if (!STANDARD.contains(key) && key.endsWith("_token") && value.node().isTextual()) {
            named.put(key, AddedToken.named(value.text()));
          }
        });
  }

  /** A token that no file names. */
  private Optional<AddedToken> ofClass(String key, JsonPart fast) {
    JsonPart padding = fast.at("padding").at("pad_token");
    if (kind == TokenizerKind.AS_FILED) {
      return key.equals("pad_token") && !padding.absent()
          ? Optional.of(AddedToken.named(padding.text()))
          : Optional.empty();
    }
    Optional<String> content = Optional.ofNullable(kind.specials().get(key));
    return kind == TokenizerKind.CAMEMBERT && key.equals("mask_token")
        ? content.map(TokenizerSettings::camembertMask)
        : content.map(AddedToken::named);
  }

  private static AddedToken camembertMask(String content) {
    return new AddedToken(content, true, false, false, false, true, false);
  }

  private void extras(Map<String, JsonPart> set) {
    if (set.containsKey(EXTRA)) {
      if (!set.get(EXTRA).absent()) {
        set.get(EXTRA).list().forEach(part -> extra.add(token(part)));
      }
    } else if (set.containsKey(ADDITIONAL) && !set.get(ADDITIONAL).absent()) {
      set.get(ADDITIONAL).list().forEach(part -> extra.add(token(part)));
    } else if (kind == TokenizerKind.CAMEMBERT) {
      CAMEMBERT.forEach(content -> extra.add(AddedToken.named(content)));
    }
  }

  /** Of two lists of further tokens all count, of other values the older file's. */
  private static JsonPart merge(JsonPart config, JsonPart older) {
    boolean lists = config.node().isArray() && older.node().isArray();
    if (!lists || !older.where().endsWith(EXTRA)) {
      return older;
    }
    ArrayNode both = JsonNodeFactory.instance.arrayNode().addAll((ArrayNode) config.node());
    older.node().forEach(both::add);
    return new JsonPart(older.where(), both);
  }

  /** A token stands as a text or as an object with its content. */
  private static AddedToken token(JsonPart value) {
    return value.node().isObject() ? AddedToken.read(value, true) : AddedToken.named(value.text());
  }

  private static boolean isEmpty(JsonPart value) {
    return value == null
        || value.absent()
        || (value.node().isContainerNode() && value.node().isEmpty());
  }

  private static int id(JsonPart part, String id) {
    try {
      int number = Integer.parseInt(id);
      return number >= 0 ? number : Integer.parseUnsignedInt(id);
    } catch (NumberFormatException e) {
      throw new BadInputException(
          part.where() + ": expected the number of a token, got " + BadInputException.quote(id), e);
    }
  }

  /**
   * The tokens to add to those that are there, in transformers' order.
   *
   * @param there the contents of those that are there
   */
  List<AddedToken> toAdd(Collection<String> there) {
    List<AddedToken> tokens = new ArrayList<>(added.values());
    Set<String> known = new HashSet<>(there);
    added.values().forEach(token -> known.add(token.content()));
    for (AddedToken token : Stream.concat(named.values().stream(), extra.stream()).toList()) {
      if (!known.contains(token.content()) && !tokens.contains(token)) {
        tokens.add(token);
      }
    }
    Set<String> special =
        named.values().stream().map(AddedToken::content).collect(Collectors.toSet());
    return tokens.stream()
        .map(token -> special.contains(token.content()) ? token.asSpecial() : token)
        .toList();
  }

  /** The tokens that a file writes out with an id. */
  Set<String> filed() {
    return added.values().stream().map(AddedToken::content).collect(Collectors.toSet());
  }

  /**
   * The text of a special token that the tokenizer cannot do without.
   *
   * @throws BadInputException if it is set to null, or to what a template cannot hold
   */
  String special(String key) {
    if (!named.containsKey(key)) {
      throw new BadInputException(
          "tokenizer_config.json: " + key + ": expected the text of a token, got null");
    }
    String content = named.get(key).content();
    if (content.isEmpty()
        || content.startsWith("$")
        || content.chars().anyMatch(c -> c == ':' || Character.isWhitespace(c))) {
      throw new BadInputException(
          "tokenizer_config.json: "
              + key
              + ": expected a text without white space, colon and leading $, got "
              + BadInputException.quote(content));
    }
    return content;
  }

  boolean flag(String key, boolean absent) {
    return config.containsKey(key) ? config.get(key).flag(absent) : absent;
  }

  /** A setting that may be null too, for "as the class thinks best". */
  Optional<Boolean> choice(String key) {
    return config.containsKey(key) && !config.get(key).absent()
        ? Optional.of(config.get(key).flag(false))
        : Optional.empty();
  }

  /** Whether a long text loses its beginning. */
  boolean cutsLeft(JsonPart fast) {
    JsonPart direction = fast.at("truncation").at("direction");
    if (config.containsKey("truncation_side")) {
      return config.get("truncation_side").oneOf(List.of("left", "right")).equals("left");
    }
    return !direction.absent() && direction.oneOf(List.of("Left", "Right")).equals("Left");
  }

  /** Whether the second text of a pair has types of its own. */
  boolean types() {
    JsonPart inputs = config.get("model_input_names");
    return inputs == null
        ? kind.types()
        : inputs.list().stream().anyMatch(name -> name.text().equals("token_type_ids"));
  }
}
