package io.darex.bench.select;

import io.darex.bench.console.BadInputException;
import io.darex.prune.Values;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.recipe.Recipe;
import java.math.BigDecimal;

/** How far a delta is to be pruned. */
public sealed interface Target {
  /** The recipe, so that it prunes as far. */
  Recipe of(Recipe recipe);

  /** What it is, in words. */
  String words();

  /**
   * To a drop rate.
   *
   * @param dropRate p, in [0, 1)
   */
  record Rate(double dropRate) implements Target {
    /** Checks the rate. */
    public Rate {
      if (!(dropRate >= 0 && dropRate < 1)) {
        throw new BadInputException("--drop-rate: expected a number in [0, 1), got " + dropRate);
      }
    }

    @Override
    public Recipe of(Recipe recipe) {
      return recipe.withDropRate(dropRate);
    }

    @Override
    public String words() {
      return "drop rate " + dropRate;
    }
  }

  /**
   * To a size of the file. Values that are stored as numbers take two bytes then, for that keeps
   * more of them.
   *
   * @param bytes largest size of the sparse-delta file
   */
  record Bytes(long bytes) implements Target {
    @Override
    public Recipe of(Recipe recipe) {
      Recipe sized = recipe.withBytes(new ByteSize(BigDecimal.valueOf(bytes), "B"));
      return recipe.values() == Values.F32
          ? new Recipe(sized.pruning(), sized.budget(), sized.rescale(), Values.BF16, sized.bytes())
          : sized;
    }

    @Override
    public String words() {
      return "a file of at most " + bytes + " bytes";
    }
  }
}
