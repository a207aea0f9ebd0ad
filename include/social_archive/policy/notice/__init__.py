"""Does each profile tell the public that what is posted there is a public record?"""
