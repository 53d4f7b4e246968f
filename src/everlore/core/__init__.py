"""The words of the domain: values, errors, ids, clock, configuration, tokens and time phrases. No input or output."""
