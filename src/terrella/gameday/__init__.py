"""Stories and judgement: scenarios, who uses the world, what must hold, the report. Floor 6."""
