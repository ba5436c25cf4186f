package io.darex.bench.sweep;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.darex.bench.config.Section;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.deeplearning4j.arbiter.optimize.api.ParameterSpace;
import org.deeplearning4j.arbiter.optimize.distribution.LogUniformDistribution;
import org.deeplearning4j.arbiter.optimize.parameter.continuous.ContinuousParameterSpace;
import org.deeplearning4j.arbiter.optimize.parameter.discrete.DiscreteParameterSpace;
import org.deeplearning4j.arbiter.optimize.parameter.integer.IntegerParameterSpace;

/**
 * One key of a configuration that has a space instead of a value.
 *
 * @param place of the key in the file
 * @param kind of the space
 * @param ends least and greatest value of a range
 * @param choices the values where they are listed
 */
record Axis(JsonPointer place, Kind kind, List<Double> ends, List<JsonNode> choices) {
  /** The spaces by the word that a configuration uses. */
  enum Kind {
    UNIFORM,
    LOGUNIFORM,
    INT,
    CHOICE;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Keys whose list is no choice: seeds repeat a run, and what is compared is the mean over them;
   * patterns are one value together.
   */
  private static final Set<String> LISTS =
      Set.of("seed", "seeds", "searchSeeds", "only", "exclude");

  /** A list in the description of a task is part of it: labels, metrics. */
  private static final String TASK = "task";

  /** Sampled values are rounded to so many digits, or a report could not be read. */
  private static final MathContext DIGITS = new MathContext(4);

  private static final double LARGEST = 1e9;

  /** {@code finetune.lambda}. */
  String name() {
    return place.toString().substring(1).replace('/', '.');
  }

  boolean isLog() {
    return kind == Kind.LOGUNIFORM;
  }

  /** All values that must be admissible for every value to be so: the ends, or the choices. */
  List<JsonNode> extremes() {
    return kind == Kind.CHOICE ? choices : List.of(value(ends.get(0)), value(ends.get(1)));
  }

  /** How many values it has on a grid with {@code points} of a range. */
  int values(int points) {
    return switch (kind) {
      case CHOICE -> choices.size();
      case INT -> (int) Math.min(points, ends.get(1) - ends.get(0) + 1);
      default -> points;
    };
  }

  /** As Arbiter takes it; a range gives numbers, a choice what was listed. */
  ParameterSpace<?> space() {
    return switch (kind) {
      case UNIFORM -> new ContinuousParameterSpace(ends.get(0), ends.get(1));
      case LOGUNIFORM ->
          new ContinuousParameterSpace(new LogUniformDistribution(ends.get(0), ends.get(1)));
      case INT -> new IntegerParameterSpace(ends.get(0).intValue(), ends.get(1).intValue());
      case CHOICE -> new DiscreteParameterSpace<>(choices);
    };
  }

  /** What {@link #space} gave, as it stands in a file. */
  JsonNode toNode(Object sampled) {
    return sampled instanceof JsonNode chosen ? chosen : value(((Number) sampled).doubleValue());
  }

  private JsonNode value(double number) {
    if (kind == Kind.INT) {
      return IntNode.valueOf((int) number);
    }
    double rounded = BigDecimal.valueOf(number).round(DIGITS).doubleValue();
    return DoubleNode.valueOf(Math.min(Math.max(rounded, ends.get(0)), ends.get(1)));
  }

  /**
   * The spaces of a configuration, in its order.
   *
   * @param top the whole file
   * @param tree what of it a run reads; a list of a single value becomes that value
   * @throws io.darex.bench.console.BadInputException if a range is empty, reversed or not of
   *     numbers, if a logarithmic one does not lie above 0, or a choice has no two different values
   */
  static List<Axis> find(Section top, ObjectNode tree) {
    List<Axis> axes = new ArrayList<>();
    find(top, JsonPointer.empty(), tree, axes);
    return axes;
  }

  private static void find(Section top, JsonPointer at, JsonNode node, List<Axis> axes) {
    if (node instanceof ObjectNode mapping) {
      for (Map.Entry<String, JsonNode> entry : List.copyOf(mapping.properties())) {
        JsonPointer place = at.appendProperty(entry.getKey());
        JsonNode value = entry.getValue();
        boolean choice = isChoice(place, value);
        if (choice && value.size() == 1) {
          mapping.set(entry.getKey(), number(value.get(0)));
        } else if (choice) {
          axes.add(choice(top, place, place, value));
        } else if (kind(value) != null) {
          axes.add(space(top, place, kind(value), value));
        } else {
          find(top, place, value, axes);
        }
      }
    } else if (node.isArray()) {
      for (int i = 0; i < node.size(); i++) {
        find(top, at.appendIndex(i), node.get(i), axes);
      }
    }
  }

  private static boolean isChoice(JsonPointer place, JsonNode value) {
    boolean scalars = value.isArray() && !value.isEmpty();
    for (JsonNode item : value) {
      scalars &= item.isValueNode();
    }
    return scalars
        && !LISTS.contains(place.last().getMatchingProperty())
        && !place.matchesProperty(TASK);
  }

  private static Kind kind(JsonNode value) {
    if (value.isObject() && value.size() == 1) {
      for (Kind kind : Kind.values()) {
        if (value.has(kind.word())) {
          return kind;
        }
      }
    }
    return null;
  }

  private static Axis space(Section top, JsonPointer place, Kind kind, JsonNode value) {
    JsonPointer list = place.appendProperty(kind.word());
    JsonNode items = value.get(kind.word());
    if (kind == Kind.CHOICE) {
      return choice(top, place, list, items);
    }
    String expected =
        switch (kind) {
          case LOGUNIFORM -> "two numbers above 0, the smaller first";
          case INT -> "two whole numbers, the smaller first";
          default -> "two numbers, the smaller first";
        };
    List<Double> ends = new ArrayList<>();
    items.forEach(item -> ends.add(number(item).isNumber() ? number(item).doubleValue() : null));
    boolean range =
        items.isArray()
            && ends.size() == 2
            && !ends.contains(null)
            && ends.stream().allMatch(Double::isFinite)
            && ends.get(0) < ends.get(1);
    boolean positive = kind != Kind.LOGUNIFORM || (range && ends.get(0) > 0);
    boolean whole =
        kind != Kind.INT
            || (range && ends.stream().allMatch(x -> x == Math.rint(x) && Math.abs(x) <= LARGEST));
    if (!range || !positive || !whole) {
      throw top.badAt(list, expected);
    }
    return new Axis(place, kind, List.copyOf(ends), List.of());
  }

  private static Axis choice(Section top, JsonPointer place, JsonPointer list, JsonNode items) {
    List<JsonNode> choices = new ArrayList<>();
    for (JsonNode item : items) {
      choices.add(number(item));
    }
    if (!items.isArray() || choices.size() < 2) {
      throw top.badAt(list, "a list of at least two values");
    }
    for (int i = 0; i < choices.size(); i++) {
      if (choices.indexOf(choices.get(i)) < i) {
        throw top.badAt(list.appendIndex(i), "each value once");
      }
    }
    return new Axis(place, Kind.CHOICE, List.of(), List.copyOf(choices));
  }

  /** A number where YAML 1.1 reads text: 1e-4 has no point. */
  private static JsonNode number(JsonNode item) {
    if (item.isTextual() && item.textValue().matches("[+-]?\\d+(\\.\\d*)?[eE][+-]?\\d+")) {
      return DoubleNode.valueOf(Double.parseDouble(item.textValue()));
    }
    return item;
  }
}
