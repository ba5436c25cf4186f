package io.darex.bench.cli;

import io.darex.bench.config.Names;
import io.darex.bench.config.Rate;
import io.darex.bench.encoder.Device;
import io.darex.bench.encoder.Engine;
import io.darex.bench.encoder.Precision;
import io.darex.bench.serve.Way;
import io.darex.bench.task.FileFormat;
import io.darex.prune.parameter.Parameter;
import io.darex.prune.parameter.Range;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Values of options, whose errors say what was expected and what came. */
final class Converters {
  private Converters() {}

  /** Takes the place of picocli's own for numbers, and lets words be written in any case. */
  static void register(CommandLine command) {
    ITypeConverter<Long> whole = number("a whole number", Long::valueOf);
    ITypeConverter<Integer> count = number("a whole number", Integer::valueOf);
    ITypeConverter<Double> decimal = number("a number", Double::valueOf);
    command
        .registerConverter(Long.class, whole)
        .registerConverter(long.class, whole)
        .registerConverter(Integer.class, count)
        .registerConverter(int.class, count)
        .registerConverter(Double.class, decimal)
        .registerConverter(double.class, decimal)
        .registerConverter(EvaluateCommand.Split.class, word(EvaluateCommand.Split.values()))
        .registerConverter(FileFormat.class, word(FileFormat.values()))
        .registerConverter(Engine.class, word(Engine.values()))
        .registerConverter(Precision.class, word(Precision.values()))
        .registerConverter(Device.class, Converters::device)
        .registerConverter(Way.class, word(Way.values()))
        .registerConverter(CompletionCommand.Shell.class, word(CompletionCommand.Shell.values()));
  }

  private static <E extends Enum<E>> ITypeConverter<E> word(E[] constants) {
    List<String> words = Arrays.stream(constants).map(Enum::toString).toList();
    return text -> {
      int place = words.indexOf(text.toLowerCase(Locale.ROOT));
      if (place < 0) {
        throw new TypeConversionException(Names.unknown("value", text, words));
      }
      return constants[place];
    };
  }

  private static Device device(String text) {
    try {
      return Device.of(text.toLowerCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("expected " + Device.FORM + ", got '" + text + "'");
    }
  }

  private static <N> ITypeConverter<N> number(String expected, Function<String, N> read) {
    return text -> {
      try {
        return read.apply(text);
      } catch (NumberFormatException e) {
        throw new TypeConversionException("expected " + expected + ", got '" + text + "'");
      }
    };
  }

  /** One value of a parameter of a recipe, as the text or number that a recipe is made of. */
  static ITypeConverter<?> of(Parameter.Type<?> type) {
    if (type instanceof Parameter.Decimal decimal) {
      return number(decimal.range());
    } else if (type instanceof Parameter.Choice<?> choice) {
      return text -> {
        if (!choice.choices().containsKey(text)) {
          throw new TypeConversionException(
              Names.unknown("value", text, choice.choices().keySet()));
        }
        return text;
      };
    } else if (type instanceof Parameter.Seeds) {
      return of(new Parameter.Seed());
    }
    return text -> {
      try {
        Object value = type.read(text);
        return value instanceof Long ? value : text;
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException("expected " + type.words() + ", got '" + text + "'");
      }
    };
  }

  private static ITypeConverter<Double> number(Range range) {
    return text -> {
      double number =
          range.equals(Range.SHARE)
              ? new Rate().convert(text)
              : number(range.words(), Double::valueOf).convert(text);
      if (!range.admits().test(number)) {
        throw new TypeConversionException("expected " + range.words() + ", got '" + text + "'");
      }
      return number;
    };
  }
}
